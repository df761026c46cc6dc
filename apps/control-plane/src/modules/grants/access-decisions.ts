import { Inject, Injectable } from '@nestjs/common';
import { principalRef } from '@sallyport/domain';
import type { DataSource, EntityManager } from 'typeorm';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { mayMeet, isQuorumMet } from '../approvals/approval.js';
import {
  asApprovers,
  asOfNow,
  groupsInForce,
  isSamePerson,
  standingYeses,
  type Now,
} from '../approvals/approval-rules.js';
import { CURRENT_PRINCIPALS, type CurrentPrincipals } from '../approvals/current-principals.js';
import { AuditService } from '../audit/audit.service.js';
import { lockRevision } from '../configuration/configuration-store.js';
import type { AccessRequestEvent, Terms } from './access-request.js';
import type { AccessRequestRow } from './access-request.store.js';
import { accessDecisionsOf, lockRequest, move, noteAccessDecision } from './access-request.store.js';
import { GrantNews } from './grant-news.js';
import type { Granted } from './granting.js';
import { fulfil } from './fulfilment.js';
import { accessRequests } from './grants.metrics.js';
import { isParty, noRequest, termsFor } from './request-terms.js';
import { whyRequestVoid } from './request-validity.js';

export interface AccessVerdict {
  readonly verdict: 'approve' | 'deny';
  readonly comment?: string;
}

type Outcome = { readonly void: string } | { readonly granted?: Granted };

/** What approvers say, and what requesters take back. */
@Injectable()
export class AccessDecisions {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CURRENT_PRINCIPALS) private readonly principals: CurrentPrincipals,
    private readonly audit: AuditService,
    private readonly news: GrantNews,
  ) {}

  /**
   * One no ends it; the yes that completes the quorum of distinct people starts the grant. Throws ProblemError
   * `not-found`, `request-not-pending`, `self-approval`, `not-eligible`, or `request-void` when what was asked may no
   * longer be asked: that ends it too.
   */
  async decide(id: string, caller: CallerIdentity, said: AccessVerdict): Promise<void> {
    const outcome = await this.dataSource.transaction(async (manager): Promise<Outcome> => {
      const request = await lockRequest(manager, id);
      if (!request) throw noRequest();
      // Rules and people as they are until this transaction ends, and not as they were when it began.
      await lockRevision(manager);
      const terms = await termsFor(manager, request.role, request.resources);
      const now = await asOfNow(manager, this.principals);
      await requireMayDecide(now, { request, terms, caller });
      requirePending(request);
      return this.#apply(manager, now, { request, terms, caller, said });
    });
    if ('void' in outcome) throw new ProblemError(409, 'request-void', `The request has ended: ${outcome.void}.`);
    accessRequests.inc({ event: said.verdict });
    if (outcome.granted) await this.news.granted(outcome.granted);
  }

  /** Takes back what the caller asked for, or what was asked for it. Throws ProblemError. */
  async withdraw(id: string, caller: CallerIdentity): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const request = await lockRequest(manager, id);
      if (!request || !isParty(caller.principal, request)) throw noRequest();
      requirePending(request);
      await settle(manager, id, 'withdraw');
      await this.#record(manager, caller, { id, action: 'access-request.withdraw', detail: {} });
    });
    accessRequests.inc({ event: 'withdraw' });
  }

  async #apply(
    manager: EntityManager,
    now: Now,
    { request, terms, caller, said }: Deciding & { readonly said: AccessVerdict },
  ): Promise<Outcome> {
    const { id } = request;
    const obstacle = await whyRequestVoid(now, request, terms);
    if (obstacle !== undefined) {
      await settle(manager, id, 'invalidate', obstacle);
      await this.#record(manager, caller, { id, action: 'access-request.void', detail: { reason: obstacle } });
      return { void: obstacle };
    }
    await noteAccessDecision(manager, id, {
      ...{ person: now.people.personOf(caller.principal), verdict: said.verdict, principal: caller.principal },
      ...{ credential_id: caller.credentialId, comment: said.comment ?? null },
    });
    const granted = await this.#settled(manager, now, { request, terms, caller, said });
    await this.#record(manager, caller, {
      id,
      action: `access-request.${said.verdict}`,
      detail: {
        comment: said.comment ?? null,
        ...(granted && { grantId: granted.grant.id, expiresAt: granted.grant.expires_at.toISOString() }),
      },
    });
    return { ...(granted && { granted }) };
  }

  /** The grant, where this word completed the quorum. */
  async #settled(
    manager: EntityManager,
    now: Now,
    { request, terms, caller, said }: Deciding & { readonly said: AccessVerdict },
  ): Promise<Granted | undefined> {
    if (said.verdict === 'deny') {
      await settle(manager, request.id, 'deny');
      return undefined;
    }
    const others = (await accessDecisionsOf(manager, request.id)).filter(
      ({ principal }) => principalRef(principal) !== principalRef(caller.principal),
    );
    // The caller has just been proved; the others may have lost their say since.
    const yeses = [caller.principal, ...(await standingYeses(now, request.requester, others))];
    const { approvers, quorum } = terms.rules!;
    const required = { requirements: [{ groups: approvers, quorum }], expiresInSeconds: request.seconds };
    if (!isQuorumMet(required, asApprovers(now, yeses))) return undefined;
    await settle(manager, request.id, 'quorum-reached');
    return fulfil(manager, request, terms.rules!);
  }

  #record(
    manager: EntityManager,
    caller: CallerIdentity,
    { id, action, detail }: { readonly id: string; readonly action: string; readonly detail: Record<string, unknown> },
  ): Promise<void> {
    return this.audit.record(
      {
        ...{ actor: principalRef(caller.principal), action, target: `AccessRequest::${id}` },
        detail: { ...detail, credentialId: caller.credentialId },
      },
      manager,
    );
  }
}

interface Deciding {
  readonly request: AccessRequestRow;
  readonly terms: Terms;
  readonly caller: CallerIdentity;
}

/** Never the requester by any path, nor whom it is for; and only who is named as an approver now. */
async function requireMayDecide(now: Now, { request, terms, caller }: Deciding): Promise<void> {
  const { principal } = caller;
  const mayDecide = mayMeet({ groups: terms.rules?.approvers ?? [], quorum: 1 }, groupsInForce(principal));
  if (!mayDecide && !isParty(principal, request)) throw noRequest();
  if (await isOneOf(now, request, caller)) {
    throw new ProblemError(
      403,
      'self-approval',
      'The requester, by any account, does not decide on their own request.',
    );
  }
  if (!mayDecide) throw new ProblemError(403, 'not-eligible', 'Only members of the groups that the role names decide.');
}

async function isOneOf(now: Now, request: AccessRequestRow, { principal }: CallerIdentity): Promise<boolean> {
  if (await isSamePerson(now, request.requester, principal)) return true;
  if (request.principal === request.requester_ref) return false;
  // Whoever is gone by now makes the request void, whatever is decided.
  const holder = await now.principals.find(request.principal, now.db);
  return holder !== undefined && isSamePerson(now, holder, principal);
}

function requirePending({ state, is_past }: AccessRequestRow): void {
  if (state !== 'pending' || is_past) throw notPending(state === 'pending' ? 'expired' : state);
}

async function settle(manager: EntityManager, id: string, event: AccessRequestEvent, reason?: string): Promise<void> {
  if (!(await move(manager, id, event, reason))) throw notPending('decided');
}

function notPending(state: string): ProblemError {
  return new ProblemError(409, 'request-not-pending', `The request no longer waits for a decision: it is ${state}.`);
}
