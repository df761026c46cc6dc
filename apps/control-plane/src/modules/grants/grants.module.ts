import { Module } from '@nestjs/common';

/** Roles, access requests and grants. */
@Module({})
export class GrantsModule {}
