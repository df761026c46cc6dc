import { Module } from '@nestjs/common';

/** SAML 2.0 sign-in. */
@Module({})
export class SamlModule {}
