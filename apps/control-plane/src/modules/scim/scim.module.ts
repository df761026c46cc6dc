import { Module } from '@nestjs/common';

/** SCIM 2.0: people as a directory pushes them. */
@Module({})
export class ScimModule {}
