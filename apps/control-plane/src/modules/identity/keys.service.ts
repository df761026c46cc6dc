import { Inject, Injectable } from '@nestjs/common';
import type { CreatedKey, Key, KeyRotation, ListQuery, NewKey, RotatedKey } from '@sallyport/api-contract';
import type { DataSource, EntityManager } from 'typeorm';
import type { Actor } from '../../platform/auth/actor.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { decodeCursor, toPage, type Page } from '../../platform/http/pagination.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { AuditService } from '../audit/audit.service.js';
import { bumpRevision, findObject, lockRevision } from '../configuration/configuration-store.js';
import { ConfigurationService } from '../configuration/configuration.service.js';
import { notFound } from '../configuration/plan.js';
import { generateApiKey } from './api-key.js';
import { KeyAuthority } from './key-authority.js';
import type { StoredKey } from './key-store.js';
import { countLivingKeys, deleteKey, endKey, findKey, forgetEndedKeys, insertKey, listKeys } from './key-store.js';

const maxKeysPerAccount = 100;

interface KeyRef {
  readonly account: string;
  readonly id: string;
}

/** Keys of service accounts. Gateways see their hashes, so each change is a revision of its own. */
@Injectable()
export class KeysService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly configuration: ConfigurationService,
    private readonly audit: AuditService,
    private readonly authority: KeyAuthority,
  ) {}

  async create(actor: Actor, account: string, request: NewKey): Promise<CreatedKey> {
    const made = await this.locked((manager) => this.createIn(manager, { actor, account, request }));
    await this.configuration.publish('policy.changed', { revision: made.revision });
    return made.key;
  }

  /** For a transaction that holds the revision's lock; the caller publishes `policy.changed` after it. */
  async createIn(
    manager: EntityManager,
    { actor, account, request }: { actor: Actor; account: string; request: NewKey },
  ): Promise<{ key: CreatedKey; revision: number }> {
    const expiresAt = endOf(request);
    await this.authority.require(manager, { actor, verb: 'create', account, expiresAt });
    const key = await this.insert(manager, account, expiresAt);
    const revision = await bumpRevision(manager);
    const detail = { before: null, after: { keyId: key.id, expiresAt: key.expiresAt }, revision };
    await this.audit.record({ actor, action: 'key.created', target: `ServiceAccount::${account}`, detail }, manager);
    return { key, revision };
  }

  async list(account: string, query: ListQuery): Promise<Page<Key>> {
    if (!(await findObject(this.dataSource, 'ServiceAccount', account))) throw notFound('ServiceAccount', account);
    const after = query.cursor === undefined ? undefined : String(decodeCursor(query.cursor, ['text'])[0]);
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

  /** A new key, and an end for the old one: clients change over in between without an outage. */
  async rotate(actor: Actor, { account, id }: KeyRef, request: KeyRotation): Promise<RotatedKey> {
    const { key, revision } = await this.locked(async (manager) => {
      const old = await findKey(manager, id);
      const lived = old && (old.expiresAt === null ? undefined : secondsBetween(old.createdAt, old.expiresAt));
      const expiresAt = endOf({ expiresInSeconds: request.expiresInSeconds ?? lived });
      await this.authority.require(manager, { actor, verb: 'update', account, expiresAt });
      if (!old || old.serviceAccount !== account || hasEnded(old)) throw notFound('key', id);
      const end = new Date(Date.now() + request.overlapSeconds * 1000);
      const ends = request.overlapSeconds > 0 ? await endKey(manager, id, end) : end;
      if (request.overlapSeconds === 0) await deleteKey(manager, account, id);
      const made = await this.insert(manager, account, expiresAt);
      const next = await bumpRevision(manager);
      const replaces = { id, expiresAt: ends.toISOString() };
      const detail = {
        before: { keyId: id, expiresAt: old.expiresAt?.toISOString() ?? null },
        after: { keyId: made.id, expiresAt: made.expiresAt },
        ...{ previousEnds: replaces.expiresAt, revision: next },
      };
      await this.audit.record({ actor, action: 'key.rotated', target: `ServiceAccount::${account}`, detail }, manager);
      return { key: { ...made, replaces }, revision: next };
    });
    await this.configuration.publish('policy.changed', { revision });
    if (request.overlapSeconds === 0) await this.announceEnd({ account, id }, revision);
    return key;
  }

  async delete(actor: Actor, { account, id }: KeyRef): Promise<void> {
    const revision = await this.locked(async (manager) => {
      const old = await findKey(manager, id);
      await this.authority.require(manager, { actor, verb: 'delete', account, expiresAt: old?.expiresAt ?? null });
      if (!old || !(await deleteKey(manager, account, id))) throw notFound('key', id);
      const next = await bumpRevision(manager);
      const before = { keyId: id, expiresAt: old.expiresAt?.toISOString() ?? null };
      const detail = { before, after: null, revision: next };
      await this.audit.record({ actor, action: 'key.deleted', target: `ServiceAccount::${account}`, detail }, manager);
      return next;
    });
    await this.configuration.publish('policy.changed', { revision });
    await this.announceEnd({ account, id }, revision);
  }

  private locked<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return this.dataSource.transaction(async (manager) => {
      await lockRevision(manager);
      return work(manager);
    });
  }

  private async insert(manager: EntityManager, account: string, expiresAt: Date | null): Promise<CreatedKey> {
    await forgetEndedKeys(manager, account);
    if ((await countLivingKeys(manager, account)) >= maxKeysPerAccount) {
      const detail = `An account has ${maxKeysPerAccount} keys at most; delete one first.`;
      throw new ProblemError(409, 'too-many-keys', detail);
    }
    const { id, text, hash } = generateApiKey();
    await insertKey(manager, { id, serviceAccount: account, hash, expiresAt });
    return { id, key: text, expiresAt: expiresAt?.toISOString() ?? null };
  }

  private announceEnd({ account, id }: KeyRef, revision: number): Promise<void> {
    const principal = `ServiceAccount::${account}`;
    return this.configuration.publish('identity.revoked', { principal, credentialId: id, revision });
  }
}

function endOf({ expiresInSeconds: seconds }: { readonly expiresInSeconds?: number | undefined }): Date | null {
  return seconds === undefined ? null : new Date(Date.now() + seconds * 1000);
}

function secondsBetween(from: Date, to: Date): number {
  return Math.max(1, Math.round((to.getTime() - from.getTime()) / 1000));
}

function hasEnded({ expiresAt }: StoredKey): boolean {
  return expiresAt !== null && expiresAt.getTime() <= Date.now();
}
