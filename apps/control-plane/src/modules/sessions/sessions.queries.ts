import { Inject, Injectable } from '@nestjs/common';
import type { Session, SessionQuery } from '@sallyport/api-contract';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { rows } from '../../platform/database/query.js';
import { decodeCursor, toPage, type Page } from '../../platform/http/pagination.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { findSession, type SessionRow } from './session.store.js';

const defaultLimit = 50;

/** The read side of sessions. */
@Injectable()
export class SessionsQueries {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** Newest first. A page may hold fewer than asked for, and none, and still not be the last. */
  async list(query: SessionQuery, isVisible: (session: Session) => boolean): Promise<Page<Session>> {
    const limit = query.limit ?? defaultLimit;
    const [startedAt, id] = query.cursor ? decodeCursor(query.cursor, ['time', 'uuid']) : [null, null];
    const found = await rows<SessionRow & { sort_key: string }>(
      this.dataSource,
      `SELECT *, started_at::text AS sort_key FROM sessions
       WHERE ($1::text IS NULL OR principal_ref = $1)
         AND ($2::text IS NULL OR resource = $2)
         AND ($3::boolean IS NULL OR (ended_at IS NULL) = $3)
         AND ($4::timestamptz IS NULL OR (started_at, id) < ($4, $5::uuid))
       ORDER BY started_at DESC, id DESC LIMIT $6`,
      [query.principal ?? null, query.resource ?? null, query.open ?? null, startedAt, id, limit + 1],
    );
    const page = toPage(found, limit, (row) => [row.sort_key, row.id]);
    return { items: page.items.map(toSession).filter(isVisible), next: page.next };
  }

  /** Throws ProblemError 404. */
  async get(id: string): Promise<Session> {
    const row = await findSession(this.dataSource, id);
    if (!row) throw noSuchSession();
    return toSession(row);
  }
}

export function noSuchSession(): ProblemError {
  return new ProblemError(404, 'not-found', 'There is no such session.');
}

function toSession(row: SessionRow): Session {
  return {
    id: row.id,
    principal: row.principal_ref,
    owner: row.principal.owner ?? null,
    groups: [...row.principal.groups],
    credentialId: row.credential_id,
    resource: row.resource,
    protocol: row.protocol,
    gateway: row.gateway,
    clientAddress: row.client_address,
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    endReason: row.end_reason,
    open: row.ended_at === null,
  };
}
