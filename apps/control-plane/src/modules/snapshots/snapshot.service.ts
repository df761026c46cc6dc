import { Inject, Injectable } from '@nestjs/common';
import { policySnapshot, type PolicySnapshot } from '@sallyport/gateway-contract';
import { dataPlanePolicies } from '@sallyport/policy';
import { randomBytes } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { SecretStore } from '../../platform/crypto/secret-store.js';
import { Signer } from '../../platform/crypto/signer.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { currentRevision, loadConfiguration } from '../configuration/configuration-store.js';
import type { Configuration } from '../configuration/configuration.js';
import { secretKinds } from '../configuration/object-secrets.js';
import { tokenAudience } from '../credentials/access-token.js';
import { federationPart } from '../federation/federation.snapshot.js';
import type { SnapshotSource } from '../gateways/snapshot-source.js';
import { grantsPart } from '../grants/grants.snapshot.js';
import { mergeGroups } from '../identity/group-membership.js';
import type { StoredKey } from '../identity/key-store.js';
import { allKeys } from '../identity/key-store.js';
import { sshKeysPart } from '../identity/ssh-keys.snapshot.js';
import { loginsPart } from '../logins/logins.snapshot.js';
import { snapshotResource } from './snapshot-resource.js';

/** Puts together what one gateway needs to decide alone. */
@Injectable()
export class SnapshotService implements SnapshotSource {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Config,
    private readonly secrets: SecretStore,
    private readonly signer: Signer,
  ) {}

  /** Read in one transaction that sees one moment: never half of a change. */
  async build(gateway: string): Promise<PolicySnapshot> {
    // Made outside, since the transaction below must not see it appear.
    const pseudonymKey = await this.secrets.ensure(this.dataSource, 'pseudonym-key', 'installation', () =>
      randomBytes(32),
    );
    return this.dataSource.transaction('REPEATABLE READ', async (manager) => {
      await manager.query('SET TRANSACTION READ ONLY');
      return this.read(manager, gateway, pseudonymKey);
    });
  }

  currentRevision(): Promise<number> {
    return currentRevision(this.dataSource);
  }

  private async read(manager: EntityManager, gateway: string, pseudonymKey: Buffer): Promise<PolicySnapshot> {
    const revision = await currentRevision(manager);
    const configuration = await loadConfiguration(manager);
    const secrets = await this.secrets.all(manager, secretKinds.Resource!);
    return policySnapshot.parse({
      revision,
      issuedAt: new Date().toISOString(),
      maxAgeSeconds: this.config.policyMaxAgeSeconds,
      gateway,
      policies: dataPlanePolicies(configuration.list('Policy').map(({ name, spec }) => ({ name, cedar: spec.cedar }))),
      resources: configuration
        .list('Resource')
        .filter(({ spec }) => spec.gateways === undefined || spec.gateways.includes(gateway))
        .map((resource) => snapshotResource(resource, secrets.get(resource.name))),
      serviceAccounts: await this.accounts(manager, configuration),
      groups: mergeGroups(
        configuration.list('Group').map(({ name, spec }) => ({ name, members: spec.members })),
        configuration.list('ServiceAccount').map(({ name, spec }) => ({ name, groups: spec.groups })),
      ),
      ...(await loginsPart(manager, configuration)),
      ...(await federationPart(manager, configuration)),
      ...(await grantsPart(manager, configuration)),
      tokens: { issuer: this.signer.issuer, audience: tokenAudience, jwks: this.signer.publicJwks() },
      pseudonymKey: pseudonymKey.toString('base64'),
    } satisfies Record<keyof PolicySnapshot, unknown>);
  }

  private async accounts(manager: EntityManager, configuration: Configuration): Promise<unknown[]> {
    const keys = new Map<string, StoredKey[]>();
    for (const key of await allKeys(manager))
      keys.set(key.serviceAccount, [...(keys.get(key.serviceAccount) ?? []), key]);
    return configuration.list('ServiceAccount').map(({ name, spec }) => ({
      name,
      ...(spec.owner !== null && { owner: spec.owner }),
      disabled: spec.disabled,
      expiresAt: spec.expiresAt ?? null,
      ...sshKeysPart(spec),
      keys: (keys.get(name) ?? []).map(({ id, hash, expiresAt }) => ({
        ...{ id, hash },
        expiresAt: expiresAt?.toISOString() ?? null,
      })),
    }));
  }
}
