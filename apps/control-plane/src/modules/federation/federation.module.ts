import { Module } from '@nestjs/common';
import { FederatedPrincipals } from './federated-principals.service.js';
import { IssuerKeysQueue } from './issuer-keys.queue.js';
import { IssuerKeys } from './issuer-keys.service.js';
import { IssuerTokens } from './issuer-tokens.service.js';
import { TokenRefusals } from './token-refusals.service.js';
import { TrustedIssuersController } from './trusted-issuers.controller.js';

/** Trusted issuers: their keys, their tokens. */
@Module({
  controllers: [TrustedIssuersController],
  providers: [IssuerKeys, IssuerKeysQueue, IssuerTokens, FederatedPrincipals, TokenRefusals],
  exports: [IssuerTokens, FederatedPrincipals, TokenRefusals],
})
export class FederationModule {}
