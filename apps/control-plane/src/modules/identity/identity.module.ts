import { Global, Module } from '@nestjs/common';
import { CREDENTIAL_VERIFIER } from '../../platform/auth/credential-verifier.js';
import { CURRENT_PRINCIPALS } from '../approvals/current-principals.js';
import { AccessController } from './access.controller.js';
import { BootstrapService } from './bootstrap.service.js';
import { StoredCredentialVerifier } from './credential-verifier.service.js';
import { GroupsController } from './groups.controller.js';
import { KeysController } from './keys.controller.js';
import { KeysService } from './keys.service.js';
import { OAuthController } from './oauth.controller.js';
import { PrincipalDirectory } from './principal-directory.js';
import { ServiceAccountsController } from './service-accounts.controller.js';

/** Global: the guard proves credentials with it, and approvals ask it who is in which group. */
@Global()
@Module({
  controllers: [AccessController, OAuthController, ServiceAccountsController, KeysController, GroupsController],
  providers: [
    BootstrapService,
    KeysService,
    PrincipalDirectory,
    StoredCredentialVerifier,
    { provide: CURRENT_PRINCIPALS, useExisting: PrincipalDirectory },
    { provide: CREDENTIAL_VERIFIER, useExisting: StoredCredentialVerifier },
  ],
  exports: [CREDENTIAL_VERIFIER, CURRENT_PRINCIPALS, PrincipalDirectory],
})
export class IdentityModule {}
