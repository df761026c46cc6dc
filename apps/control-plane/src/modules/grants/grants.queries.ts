import { Inject, Injectable } from '@nestjs/common';
import type { Grant, GrantQuery } from '@sallyport/api-contract';
import { principalRef, type Principal } from '@sallyport/domain';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { rows } from '../../platform/database/query.js';
import { decodeCursor, toPage, type Page } from '../../platform/http/pagination.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { displayText } from '../approvals/display-text.js';
import type { GrantRow } from './grant.store.js';

export interface FoundGrant extends GrantRow {
  readonly sort_key: string;
  readonly urgency: number;
  readonly state: Grant['state'];
  readonly reason: string;
  readonly requester_ref: string;
  readonly approvers: Principal[];
}

/** What is past its time is over, whether or not its job has run. */
const shown = `CASE WHEN g.end_reason = 'revoked' THEN 'revoked'
  WHEN g.expires_at <= clock_timestamp() THEN 'expired' ELSE 'active' END`;
/** An emergency that still lasts comes first. */
const urgency = `(g.break_glass AND ${shown} = 'active')::int`;
const select = `
  SELECT g.*, ${shown} AS state, ${urgency} AS urgency, g.started_at::text AS sort_key, r.reason, r.requester_ref,
    (SELECT coalesce(jsonb_agg(d.principal ORDER BY d.decided_at), '[]') FROM access_request_decisions AS d
     WHERE d.request_id = r.id AND d.verdict = 'approve') AS approvers
  FROM grants AS g JOIN access_requests AS r ON r.id = g.request_id`;
/** A viewer sees what they have and what they asked for. */
const visible = `($1::text IS NULL OR g.principal = $1 OR r.requester_ref = $1)`;

/** The read side of grants. */
@Injectable()
export class GrantsQueries {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** Emergencies that last first, then newest first. @param viewer without one, everything. */
  async list(query: GrantQuery, viewer?: Principal): Promise<Page<Grant>> {
    const [before, startedAt, id] =
      query.cursor === undefined ? [null, null, null] : decodeCursor(query.cursor, ['number', 'time', 'uuid']);
    const found = await rows<FoundGrant>(
      this.dataSource,
      `${select} WHERE ${visible} AND ($2::text IS NULL OR ${shown} = $2)
         AND ($3::int IS NULL OR (${urgency}, g.started_at, g.id) < ($3, $4::timestamptz, $5::uuid))
       ORDER BY ${urgency} DESC, g.started_at DESC, g.id DESC LIMIT $6`,
      [viewer ? principalRef(viewer) : null, query.state ?? null, before, startedAt, id, query.limit + 1],
    );
    const page = toPage(found, query.limit, (row) => [row.urgency, row.sort_key, row.id]);
    return { items: page.items.map(toGrant), next: page.next };
  }

  /** Throws ProblemError 404, also for what the viewer may not see. */
  async get(id: string, viewer?: Principal): Promise<Grant> {
    const [found] = await rows<FoundGrant>(this.dataSource, `${select} WHERE ${visible} AND g.id = $2`, [
      viewer ? principalRef(viewer) : null,
      id,
    ]);
    if (!found) throw noGrant();
    return toGrant(found);
  }

  /** How these grants came about. */
  async histories(ids: readonly string[]): Promise<FoundGrant[]> {
    return rows(this.dataSource, `${select} WHERE g.id = ANY ($1::uuid[])`, [ids]);
  }
}

export function noGrant(): ProblemError {
  return new ProblemError(404, 'not-found', 'There is no such grant.');
}

function toGrant(row: FoundGrant): Grant {
  return {
    ...{ id: row.id, state: row.state, principal: row.principal, role: row.role, resources: row.resources },
    ...{ breakGlass: row.break_glass, requestId: row.request_id, displayReason: displayText(row.reason) },
    approvedBy: row.approvers.map(principalRef),
    startedAt: row.started_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    endedBy: row.ended_by,
  };
}
