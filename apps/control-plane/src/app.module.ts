import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { ApprovalsModule } from './modules/approvals/approvals.module.js';
import { AuditModule } from './modules/audit/audit.module.js';
import { ConfigurationModule } from './modules/configuration/configuration.module.js';
import { CredentialsModule } from './modules/credentials/credentials.module.js';
import { DecisionsModule } from './modules/decisions/decisions.module.js';
import { FederationModule } from './modules/federation/federation.module.js';
import { GatewaysModule } from './modules/gateways/gateways.module.js';
import { GrantsModule } from './modules/grants/grants.module.js';
import { IdentityModule } from './modules/identity/identity.module.js';
import { LoginsModule } from './modules/logins/logins.module.js';
import { ManifestsModule } from './modules/manifests/manifests.module.js';
import { OperationsModule } from './modules/operations/operations.module.js';
import { PoliciesModule } from './modules/policies/policies.module.js';
import { RecordingsModule } from './modules/recordings/recordings.module.js';
import { ResourcesModule } from './modules/resources/resources.module.js';
import { SamlModule } from './modules/saml/saml.module.js';
import { ScimModule } from './modules/scim/scim.module.js';
import { SessionsModule } from './modules/sessions/sessions.module.js';
import { SnapshotsModule } from './modules/snapshots/snapshots.module.js';
import { AuthModule } from './platform/auth/auth.module.js';
import type { Config } from './platform/config/config.js';
import { ConfigModule } from './platform/config/config.module.js';
import { CryptoModule } from './platform/crypto/crypto.module.js';
import { DatabaseModule } from './platform/database/database.module.js';
import { EventsModule } from './platform/events/events.module.js';
import { HttpModule } from './platform/http/http.module.js';
import { LoggingModule } from './platform/logging/logging.module.js';
import { QueueModule } from './platform/queue/queue.module.js';

/** Table of contents of the control plane. */
@Module({})
export class AppModule {
  static with(config: Config, log: Logger): DynamicModule {
    const platform = [
      ConfigModule.with(config),
      LoggingModule.with(log),
      DatabaseModule,
      CryptoModule,
      EventsModule,
      QueueModule,
      AuthModule,
      HttpModule,
    ];
    const features = [
      ConfigurationModule,
      IdentityModule,
      CredentialsModule,
      LoginsModule,
      SamlModule,
      ScimModule,
      FederationModule,
      GrantsModule,
      ResourcesModule,
      PoliciesModule,
      ManifestsModule,
      SnapshotsModule,
      DecisionsModule,
      GatewaysModule,
      SessionsModule,
      ApprovalsModule,
      RecordingsModule,
      AuditModule,
      OperationsModule,
    ];
    return { module: AppModule, imports: [...platform, ...features] };
  }
}
