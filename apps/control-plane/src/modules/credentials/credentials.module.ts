import { Global, Module } from '@nestjs/common';
import { CREDENTIAL_VERIFIER } from '../../platform/auth/credential-verifier.js';
import { FederationModule } from '../federation/federation.module.js';
import { KeyCredentials } from '../identity/key-credentials.js';
import { AuthorizationCodeGrant } from '../logins/authorization-code.grant.js';
import { DeviceCodeGrant } from '../logins/device-code.grant.js';
import { LoginCredentials } from '../logins/login-credentials.js';
import { LoginsModule } from '../logins/logins.module.js';
import { RefreshTokenGrant } from '../logins/refresh-token.grant.js';
import { AccessTokens } from './access-tokens.service.js';
import { Agents } from './agents.service.js';
import { ClientCredentialsGrant } from './client-credentials.grant.js';
import type { CredentialKind } from './credential-kind.js';
import { CREDENTIAL_KINDS } from './credential-kind.js';
import { ApiCredentialVerifier } from './credential-verifier.service.js';
import { ExchangeCredentials } from './exchange-credentials.js';
import { ExchangedTokens } from './exchanged-tokens.service.js';
import { OAuthController } from './oauth.controller.js';
import { TokenExchangeGrant } from './token-exchange.grant.js';
import type { TokenGrant } from './token-grant.js';
import { TOKEN_GRANTS } from './token-grant.js';
import { TokenRevocation } from './token-revocation.service.js';

/** Every way to get a token. */
const tokenGrants = [
  ClientCredentialsGrant,
  AuthorizationCodeGrant,
  RefreshTokenGrant,
  DeviceCodeGrant,
  TokenExchangeGrant,
];
/** Everything that an access token may stand for. */
const credentialKinds = [KeyCredentials, LoginCredentials, ExchangeCredentials];

/** Global: the guard proves credentials with it. */
@Global()
@Module({
  imports: [LoginsModule, FederationModule],
  controllers: [OAuthController],
  providers: [
    AccessTokens,
    Agents,
    ApiCredentialVerifier,
    ClientCredentialsGrant,
    ExchangeCredentials,
    ExchangedTokens,
    TokenExchangeGrant,
    TokenRevocation,
    { provide: TOKEN_GRANTS, inject: tokenGrants, useFactory: (...grants: TokenGrant[]) => grants },
    { provide: CREDENTIAL_KINDS, inject: credentialKinds, useFactory: (...kinds: CredentialKind[]) => kinds },
    { provide: CREDENTIAL_VERIFIER, useExisting: ApiCredentialVerifier },
  ],
  exports: [CREDENTIAL_VERIFIER, AccessTokens],
})
export class CredentialsModule {}
