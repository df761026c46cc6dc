import { Module } from '@nestjs/common';
import { LoginsModule } from '../logins/logins.module.js';
import { SamlSignIn } from './saml-sign-in.js';
import { SamlController } from './saml.controller.js';

/** SAML 2.0 sign-in. */
@Module({
  imports: [LoginsModule],
  controllers: [SamlController],
  providers: [SamlSignIn],
})
export class SamlModule {}
