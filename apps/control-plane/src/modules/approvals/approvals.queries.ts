import { Inject, Injectable } from '@nestjs/common';
import type { Approval, ApprovalQuery, ApprovalSummary } from '@sallyport/api-contract';
import { principalRef, type Principal } from '@sallyport/domain';
import type { Replies, ToControlPlane, ToGateway } from '@sallyport/gateway-contract';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { firstRow, rows } from '../../platform/database/query.js';
import { decodeCursor, toPage, type Page } from '../../platform/http/pagination.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { isEligible } from './approval.js';
import type { ApprovalRow, DecisionRow } from './approval.store.js';
import { decisionsOf, findApproval } from './approval.store.js';
import { displayText } from './display-text.js';

const defaultLimit = 50;
const excerptLength = 200;
/** So long a client that comes back without knowing an id is told that its request was denied. Seconds. */
const deniedSeconds = 60;
type Resolved = ToGateway['approval.resolved'];
type FoundApproval = NonNullable<Replies['approval.find']['approval']>;

/** The read side of approvals. */
@Injectable()
export class ApprovalsQueries {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /**
   * Newest first. What is past its time is not pending, whether or not its job has run.
   * @param viewer sees only what it asked for or may decide; without one, everything.
   */
  async list(query: ApprovalQuery, viewer?: Principal): Promise<Page<ApprovalSummary>> {
    const limit = query.limit ?? defaultLimit;
    const [createdAt, id] = query.cursor ? decodeCursor(query.cursor, ['time', 'uuid']) : [null, null];
    const found = await rows<ApprovalRow & { sort_key: string }>(
      this.dataSource,
      `SELECT *, created_at::text AS sort_key FROM (
         SELECT *, expires_at <= now() AS is_past,
           CASE WHEN state IN ('pending', 'approved') AND expires_at <= now() THEN 'expired' ELSE state END AS shown
         FROM approvals) AS a
       WHERE ($1::text IS NULL OR shown = $1)
         AND ($2::text IS NULL OR resource = $2)
         AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid))
         AND ($5::text IS NULL OR requester_ref = $5 OR EXISTS (
           SELECT FROM jsonb_array_elements(terms -> 'requirements') AS requirement
           WHERE requirement -> 'groups' ?| $6::text[]))
       ORDER BY created_at DESC, id DESC LIMIT $7`,
      [
        query.state ?? null,
        query.resource ?? null,
        createdAt,
        id,
        viewer ? principalRef(viewer) : null,
        viewer?.groups ?? [],
        limit + 1,
      ],
    );
    const page = toPage(found, limit, (row) => [row.sort_key, row.id]);
    return { items: page.items.map(toSummary), next: page.next };
  }

  /**
   * All of it: a reviewer decides on nothing less. Throws ProblemError 404.
   * @param viewer as for `list`; what it may not see does not exist for it.
   */
  async get(id: string, viewer?: Principal): Promise<Approval> {
    const row = await findApproval(this.dataSource, id);
    if (!row || (viewer && !maySee(viewer, row)))
      throw new ProblemError(404, 'not-found', 'There is no such approval.');
    return toApproval(row, await decisionsOf(this.dataSource, id));
  }

  async countPending(): Promise<number> {
    const row = await firstRow<{ count: number }>(
      this.dataSource,
      `SELECT count(*)::int AS count FROM approvals WHERE state = 'pending' AND expires_at > now()`,
    );
    return row?.count ?? 0;
  }

  /** What a gateway is told of one approval; undefined while there is nothing to tell. */
  async resolution(id: string): Promise<Resolved | undefined> {
    const row = await findApproval(this.dataSource, id);
    return row && toResolved(row, await decisionsOf(this.dataSource, id));
  }

  /** The portable approval of a request, as it stands: one that was denied, else one that was given, else the newest. */
  async find({ bindingHash, approvalId }: ToControlPlane['approval.find']): Promise<FoundApproval | null> {
    const row = await firstRow<ApprovalRow>(
      this.dataSource,
      `SELECT *, expires_at <= now() AS is_past FROM approvals
       WHERE portable AND binding_hash = $1 AND (CASE WHEN $2::uuid IS NOT NULL THEN id = $2 ELSE
         (state IN ('pending', 'approved') AND expires_at > now())
         OR (state = 'denied' AND resolved_at > now() - make_interval(secs => $3)) END)
       ORDER BY state = 'denied' DESC, state = 'approved' DESC, created_at DESC LIMIT 1`,
      [bindingHash, approvalId ?? null, deniedSeconds],
    );
    if (!row) return null;
    const resolved = toResolved(row, await decisionsOf(this.dataSource, row.id));
    return {
      id: row.id,
      state: shownState(row),
      ...(resolved?.comment !== undefined && { comment: resolved.comment }),
      terms: {
        requirements: row.terms.requirements.map((one) => ({ ...one, groups: [...one.groups] })),
        expiresInSeconds: row.terms.expiresInSeconds,
      },
      bindingHash: row.binding_hash,
      expiresAt: row.expires_at.toISOString(),
    };
  }

  /** Decided approvals of these sessions that are not used yet or that have ended: what a gateway missed while away. */
  async resolvedOf(gateway: string, sessionIds: readonly string[]): Promise<Resolved[]> {
    const found = await rows<{ id: string }>(
      this.dataSource,
      `SELECT id FROM approvals
       WHERE gateway = $1 AND session_id = ANY ($2::uuid[]) AND state NOT IN ('pending', 'consumed')
         AND expires_at > now() - interval '1 hour' ORDER BY created_at LIMIT 1000`,
      [gateway, sessionIds],
    );
    const resolved = await Promise.all(found.map(({ id }) => this.resolution(id)));
    return resolved.filter((one) => one !== undefined);
  }
}

function maySee(viewer: Principal, row: ApprovalRow): boolean {
  return row.requester_ref === principalRef(viewer) || isEligible(row.terms, viewer.groups);
}

function toResolved(row: ApprovalRow, decisions: readonly DecisionRow[]): Resolved | undefined {
  if (row.state === 'pending' || row.state === 'consumed') return undefined;
  const denial = row.state === 'denied' ? decisions.find((decision) => decision.verdict === 'deny') : undefined;
  // Escaped, since the client's terminal shows it.
  const comment = denial?.comment ? displayText(denial.comment) : undefined;
  return { approvalId: row.id, state: row.state, ...(comment !== undefined && { comment }) };
}

function shownState(row: ApprovalRow): ApprovalRow['state'] {
  return (row.state === 'pending' || row.state === 'approved') && row.is_past ? 'expired' : row.state;
}

function toSummary(row: ApprovalRow): ApprovalSummary {
  const shown = displayText(row.text);
  return {
    id: row.id,
    state: shownState(row),
    requester: row.requester_ref,
    resource: row.resource,
    protocol: row.protocol,
    kind: row.kind,
    excerpt: [...shown].slice(0, excerptLength).join(''),
    truncated: shown.length > excerptLength,
    reasons: row.reasons,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  };
}

function toApproval(row: ApprovalRow, decisions: readonly DecisionRow[]): Approval {
  const { requester, parameters } = row;
  return {
    id: row.id,
    state: shownState(row),
    stateReason: row.state_reason,
    requester: { principal: row.requester_ref, owner: requester.owner ?? null, groups: [...requester.groups] },
    credentialId: row.credential_id,
    clientAddress: row.client_address,
    sessionId: row.session_id,
    gateway: row.gateway,
    resource: row.resource,
    protocol: row.protocol,
    decisionId: row.decision_id,
    seq: row.seq,
    kind: row.kind,
    text: row.text,
    displayText: displayText(row.text),
    parameters,
    displayParameters: parameters?.map((value) => (value === null ? null : displayText(value))) ?? null,
    effects: row.effects,
    terms: {
      requirements: row.terms.requirements.map((one) => ({ ...one, groups: [...one.groups] })),
      expiresInSeconds: row.terms.expiresInSeconds,
    },
    reasons: row.reasons,
    policyRevision: Number(row.policy_revision),
    bindingHash: row.binding_hash,
    decisions: decisions.map((decision) => ({
      principal: principalRef(decision.principal),
      verdict: decision.verdict,
      comment: decision.comment,
      decidedAt: decision.decided_at.toISOString(),
    })),
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    resolvedAt: row.resolved_at?.toISOString() ?? null,
    consumedAt: row.consumed_at?.toISOString() ?? null,
    outcome: row.outcome,
    outcomeDetail: row.outcome_detail,
  };
}
