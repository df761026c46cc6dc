import { Inject, Injectable } from '@nestjs/common';
import type { AccessRequest, AccessRequestQuery } from '@sallyport/api-contract';
import { principalRef, type Principal } from '@sallyport/domain';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { rows } from '../../platform/database/query.js';
import { decodeCursor, toPage, type Page } from '../../platform/http/pagination.js';
import { groupsInForce } from '../approvals/approval-rules.js';
import { displayText } from '../approvals/display-text.js';
import type { AccessDecisionRow, AccessRequestRow } from './access-request.store.js';
import { noRequest } from './request-terms.js';

type Found = AccessRequestRow & {
  readonly sort_key: string;
  readonly urgency: number;
  readonly grant_id: string | null;
  readonly decisions: (Pick<AccessDecisionRow, 'verdict' | 'principal' | 'comment'> & { decided_at: string })[];
};

/** What is past its time is not pending, whether or not its job has run. */
const shown = `CASE WHEN r.state = 'pending' AND r.expires_at <= clock_timestamp() THEN 'expired' ELSE r.state END`;
const select = `
  SELECT r.*, ${shown} AS state, r.break_glass::int AS urgency, r.created_at::text AS sort_key,
    coalesce(r.extends, (SELECT g.id FROM grants AS g WHERE g.request_id = r.id)) AS grant_id,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('verdict', d.verdict, 'principal', d.principal, 'comment', d.comment,
       'decided_at', d.decided_at) ORDER BY d.decided_at, d.person), '[]')
     FROM access_request_decisions AS d WHERE d.request_id = r.id) AS decisions
  FROM access_requests AS r`;
/** A viewer sees what they asked for, what is for them, and what they may decide by the role as it is now. */
const visible = `($1::text IS NULL OR r.principal = $1 OR r.requester_ref = $1 OR EXISTS (
  SELECT FROM objects AS o WHERE o.kind = 'Role' AND o.name = r.role AND o.spec #> '{request,approvers}' ?| $2::text[]))`;

/** The read side of access requests. */
@Injectable()
export class AccessQueries {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** Emergencies first, then newest first. @param viewer without one, everything. */
  async list(query: AccessRequestQuery, viewer?: Principal): Promise<Page<AccessRequest>> {
    const [urgency, createdAt, id] =
      query.cursor === undefined ? [null, null, null] : decodeCursor(query.cursor, ['number', 'time', 'uuid']);
    const found = await rows<Found>(
      this.dataSource,
      `${select} WHERE ${visible} AND ($3::text IS NULL OR ${shown} = $3)
         AND ($4::int IS NULL OR (r.break_glass::int, r.created_at, r.id) < ($4, $5::timestamptz, $6::uuid))
       ORDER BY r.break_glass DESC, r.created_at DESC, r.id DESC LIMIT $7`,
      [...viewerOf(viewer), query.state ?? null, urgency, createdAt, id, query.limit + 1],
    );
    const page = toPage(found, query.limit, (row) => [row.urgency, row.sort_key, row.id]);
    return { items: page.items.map(toAccessRequest), next: page.next };
  }

  /** Throws ProblemError 404, also for what the viewer may not see. */
  async get(id: string, viewer?: Principal): Promise<AccessRequest> {
    const [found] = await rows<Found>(this.dataSource, `${select} WHERE ${visible} AND r.id = $3`, [
      ...viewerOf(viewer),
      id,
    ]);
    if (!found) throw noRequest();
    return toAccessRequest(found);
  }
}

function viewerOf(viewer: Principal | undefined): [string | null, readonly string[]] {
  return viewer ? [principalRef(viewer), groupsInForce(viewer)] : [null, []];
}

function toAccessRequest(row: Found): AccessRequest {
  return {
    ...{ id: row.id, state: row.state, stateReason: row.state_reason, role: row.role, resources: row.resources },
    ...{ principal: row.principal, requester: row.requester_ref },
    ...{ reason: row.reason, displayReason: displayText(row.reason) },
    ...{ seconds: row.seconds, breakGlass: row.break_glass, extends: row.extends },
    grantId: row.state === 'approved' ? row.grant_id : null,
    decisions: row.decisions.map(({ principal, verdict, comment, decided_at }) => ({
      ...{ principal: principalRef(principal), verdict },
      comment: comment === null ? null : displayText(comment),
      decidedAt: new Date(decided_at).toISOString(),
    })),
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    resolvedAt: row.resolved_at?.toISOString() ?? null,
  };
}
