import { Module } from '@nestjs/common';

/** People's sign-in. */
@Module({})
export class LoginsModule {}
