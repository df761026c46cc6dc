import { Global, Module } from '@nestjs/common';
import { CREDENTIAL_VERIFIER } from '../../platform/auth/credential-verifier.js';
import { KeyCredentials } from '../identity/key-credentials.js';
import { LoginsModule } from '../logins/logins.module.js';
import { AccessTokens } from './access-tokens.service.js';
import { ClientCredentialsGrant } from './client-credentials.grant.js';
import type { CredentialKind } from './credential-kind.js';
import { CREDENTIAL_KINDS } from './credential-kind.js';
import { ApiCredentialVerifier } from './credential-verifier.service.js';
import { OAuthController } from './oauth.controller.js';
import type { TokenGrant } from './token-grant.js';
import { TOKEN_GRANTS } from './token-grant.js';

/** Every way to get a token. */
const tokenGrants = [ClientCredentialsGrant];
/** Everything that an access token may stand for. */
const credentialKinds = [KeyCredentials];

/** Global: the guard proves credentials with it. */
@Global()
@Module({
  imports: [LoginsModule],
  controllers: [OAuthController],
  providers: [
    AccessTokens,
    ApiCredentialVerifier,
    ClientCredentialsGrant,
    { provide: TOKEN_GRANTS, inject: tokenGrants, useFactory: (...grants: TokenGrant[]) => grants },
    { provide: CREDENTIAL_KINDS, inject: credentialKinds, useFactory: (...kinds: CredentialKind[]) => kinds },
    { provide: CREDENTIAL_VERIFIER, useExisting: ApiCredentialVerifier },
  ],
  exports: [CREDENTIAL_VERIFIER, AccessTokens],
})
export class CredentialsModule {}
