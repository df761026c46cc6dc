import { Global, Module } from '@nestjs/common';
import { CURRENT_PRINCIPALS } from '../approvals/current-principals.js';
import { AccessController } from './access.controller.js';
import { BootstrapService } from './bootstrap.service.js';
import { GroupsController } from './groups.controller.js';
import { KeyAuthority } from './key-authority.js';
import { KeyCredentials } from './key-credentials.js';
import { KeysController } from './keys.controller.js';
import { KeysService } from './keys.service.js';
import { PrincipalDirectory } from './principal-directory.js';
import { ServiceAccountsController } from './service-accounts.controller.js';

/** Global: keys are proved by it, and approvals ask it who is in which group. */
@Global()
@Module({
  controllers: [AccessController, ServiceAccountsController, KeysController, GroupsController],
  providers: [
    BootstrapService,
    KeyAuthority,
    KeysService,
    PrincipalDirectory,
    KeyCredentials,
    { provide: CURRENT_PRINCIPALS, useExisting: PrincipalDirectory },
  ],
  exports: [CURRENT_PRINCIPALS, KeyCredentials, PrincipalDirectory],
})
export class IdentityModule {}
