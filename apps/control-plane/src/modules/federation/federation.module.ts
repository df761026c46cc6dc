import { Module } from '@nestjs/common';

/** Trusted issuers: their keys, their tokens. */
@Module({})
export class FederationModule {}
