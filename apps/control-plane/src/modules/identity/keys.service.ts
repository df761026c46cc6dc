import { Inject, Injectable } from '@nestjs/common';
import type { CreatedKey, Key, ListQuery, NewKey } from '@sallyport/api-contract';
import type { DataSource, EntityManager } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { decodeCursor, toPage, type Page } from '../../platform/http/pagination.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { AuditService } from '../audit/audit.service.js';
import { bumpRevision, findObject, lockRevision } from '../configuration/configuration-store.js';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { notFound } from '../configuration/plan.js';
import { generateApiKey } from './api-key.js';
import { countKeys, deleteKey, insertKey, listKeys } from './key-store.js';

const maxKeysPerAccount = 100;

/** Keys of service accounts. Gateways see their hashes, so each change is a revision of its own. */
@Injectable()
export class KeysService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly configuration: ConfigurationService,
    private readonly audit: AuditService,
  ) {}

  async create(actor: string, account: string, request: NewKey): Promise<CreatedKey> {
    const made = await this.dataSource.transaction(async (manager) => {
      await lockRevision(manager);
      return this.createIn(manager, { actor, account, request });
    });
    await this.configuration.publish('policy.changed', { revision: made.revision });
    return made.key;
  }

  /** For a transaction that holds the revision's lock; the caller publishes `policy.changed` after it. */
  async createIn(
    manager: EntityManager,
    { actor, account, request }: { actor: string; account: string; request: NewKey },
  ): Promise<{ key: CreatedKey; revision: number }> {
    if (!(await findObject(manager, 'ServiceAccount', account))) throw notFound('ServiceAccount', account);
    if ((await countKeys(manager, account)) >= maxKeysPerAccount) {
      throw new ProblemError(
        409,
        'too-many-keys',
        `An account has ${maxKeysPerAccount} keys at most; delete one first.`,
      );
    }
    const { id, text, hash } = generateApiKey();
    const seconds = request.expiresInSeconds;
    const expiresAt = seconds === undefined ? null : new Date(Date.now() + seconds * 1000);
    await insertKey(manager, { id, serviceAccount: account, hash, expiresAt });
    const revision = await bumpRevision(manager);
    const detail = { keyId: id, expiresAt: expiresAt?.toISOString() ?? null, revision };
    await this.audit.record({ actor, action: 'key.created', target: `ServiceAccount::${account}`, detail }, manager);
    return { key: { id, key: text, expiresAt: expiresAt?.toISOString() ?? null }, revision };
  }

  async list(account: string, query: ListQuery): Promise<Page<Key>> {
    if (!(await findObject(this.dataSource, 'ServiceAccount', account))) throw notFound('ServiceAccount', account);
    const after = query.cursor === undefined ? undefined : String(decodeCursor(query.cursor, 1)[0]);
    const found = await listKeys(this.dataSource, account, {
      limit: query.limit + 1,
      ...(after !== undefined && { after }),
    });
    const keys = found.map(({ id, createdAt, expiresAt, lastUsedAt }) => ({
      id,
      createdAt: createdAt.toISOString(),
      expiresAt: expiresAt?.toISOString() ?? null,
      lastUsedAt: lastUsedAt?.toISOString() ?? null,
    }));
    return toPage(keys, query.limit, (key) => [key.id]);
  }

  async delete(actor: string, account: string, id: string): Promise<void> {
    const revision = await this.dataSource.transaction(async (manager) => {
      await lockRevision(manager);
      if (!(await deleteKey(manager, account, id))) throw notFound('key', id);
      const next = await bumpRevision(manager);
      const detail = { keyId: id, revision: next };
      await this.audit.record({ actor, action: 'key.deleted', target: `ServiceAccount::${account}`, detail }, manager);
      return next;
    });
    await this.configuration.publish('policy.changed', { revision });
    await this.configuration.publish('identity.revoked', { principal: `ServiceAccount::${account}`, credentialId: id });
  }
}
