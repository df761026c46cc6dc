import { Inject, Injectable } from '@nestjs/common';
import type { AuditEntry, AuditIntegrity, AuditQuery } from '@sallyport/api-contract';
import { principalRef } from '@sallyport/domain';
import type { DataSource } from 'typeorm';
import type { Actor } from '../../platform/auth/actor.js';
import { actorRef } from '../../platform/auth/actor.js';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { firstRow, rows, type Queryable } from '../../platform/database/query.js';
import { decodeCursor, toPage, type Page } from '../../platform/http/pagination.js';
import type { NotedHead } from './audit-chain.js';
import { auditBody, auditHash, AuditVerifier, genesisHash } from './audit-chain.js';
import { oneLine, visibleJson, withoutSecrets } from './safe-detail.js';

export interface AuditRecord {
  /** The caller, or the reference of a principal or gateway, or a name of this server's own work such as `bootstrap`. */
  readonly actor: Actor;
  /** Dotted: `resource.updated`, `approval.approve`. */
  readonly action: string;
  /** Kind and name: `Resource::shop`, `Approval::<id>`. */
  readonly target: string;
  /**
   * JSON; never a secret. Of a change: `before` and `after`, as the API shows the object, null where there is none, and
   * `revision` where gateways follow it.
   */
  readonly detail?: Readonly<Record<string, unknown>> & { readonly before?: unknown; readonly after?: unknown };
}

interface AuditRow {
  readonly seq: string;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly body: string;
  readonly previous_hash: string;
  readonly hash: string;
}

/** Any number, the same in every replica: whoever holds it appends. */
const appendLock = 7_253_002;
const defaultLimit = 50;
const verifyBatch = 1000;

/** The append-only, hash-chained trail of what people and gateways did to this installation. */
@Injectable()
export class AuditService {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /**
   * Appends. Within a transaction give its manager, as the last statement: the entry then stands or falls with the change,
   * and the one lock that orders all entries is held briefly. Throws when it cannot be kept: the change must then fail too.
   */
  async record(entry: AuditRecord, db?: Queryable): Promise<void> {
    if (db && db !== this.dataSource) return append(db, entry);
    return this.dataSource.transaction((manager) => append(manager, entry));
  }

  /** Newest first. */
  async list(query: AuditQuery): Promise<Page<AuditEntry>> {
    const limit = query.limit ?? defaultLimit;
    const before = query.cursor ? Number(decodeCursor(query.cursor, ['number'])[0]) : null;
    const found = await rows<AuditRow>(
      this.dataSource,
      `SELECT * FROM audit_entries
       WHERE ($1::bigint IS NULL OR seq < $1) AND ($2::text IS NULL OR action = $2) AND ($3::text IS NULL OR target = $3)
       ORDER BY seq DESC LIMIT $4`,
      [Number.isSafeInteger(before) ? before : null, query.action ?? null, query.target ?? null, limit + 1],
    );
    return toPage(found.map(toEntry), limit, (entry) => [entry.seq]);
  }

  /** Reads the whole chain. That its end was cut off, or written anew, shows against a head noted elsewhere. */
  async verify(noted?: NotedHead): Promise<AuditIntegrity> {
    const verifier = new AuditVerifier(noted);
    for (let after = 0; ;) {
      const batch = await rows<AuditRow>(
        this.dataSource,
        'SELECT * FROM audit_entries WHERE seq > $1 ORDER BY seq LIMIT $2',
        [after, verifyBatch],
      );
      for (const row of batch) {
        const link = { seq: Number(row.seq), body: row.body, previousHash: row.previous_hash, hash: row.hash };
        const { actor, action, target } = row;
        if (!verifier.accept(link, { at: row.at.toISOString(), actor, action, target })) return verifier.result;
      }
      if (batch.length < verifyBatch) return verifier.result;
      after = Number(batch.at(-1)!.seq);
    }
  }
}

function toEntry(row: AuditRow): AuditEntry {
  const { detail } = JSON.parse(row.body) as { detail: unknown };
  return {
    seq: Number(row.seq),
    at: row.at.toISOString(),
    actor: row.actor,
    action: row.action,
    target: row.target,
    detail,
    body: row.body,
    previousHash: row.previous_hash,
    hash: row.hash,
  };
}

async function append(db: Queryable, entry: AuditRecord): Promise<void> {
  await db.query('SELECT pg_advisory_xact_lock($1)', [appendLock]);
  const last = await firstRow<{ seq: string; hash: string }>(
    db,
    'SELECT seq, hash FROM audit_entries ORDER BY seq DESC LIMIT 1',
  );
  const { actor, action, target, detail } = sanitized(entry);
  const seq = Number(last?.seq ?? 0) + 1;
  const previousHash = last?.hash ?? genesisHash;
  const at = new Date().toISOString();
  const body = visibleJson(auditBody({ seq, at, actor, action, target, detail }));
  await db.query(
    `INSERT INTO audit_entries (seq, at, actor, action, target, body, previous_hash, hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [seq, at, actor, action, target, body, previousHash, auditHash(previousHash, body)],
  );
}

function sanitized({ actor, action, target, detail }: AuditRecord) {
  return {
    ...{ actor: oneLine(actorRef(actor)), action: oneLine(action), target: oneLine(target) },
    detail: withoutSecrets(typeof actor === 'string' ? detail : { ...detail, by: whoeverActs(actor) }),
  };
}

/** What the actor's name does not say. */
function whoeverActs({ principal: { actsFor }, credentialId, sourceIp }: CallerIdentity) {
  return { credentialId, sourceIp: sourceIp ?? null, ...(actsFor && { actsFor: principalRef(actsFor) }) };
}
