import { Inject, Injectable } from '@nestjs/common';
import { principalRef } from '@sallyport/domain';
import type { DataSource } from 'typeorm';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import type { Queryable } from '../../platform/database/query.js';
import type { EventBus } from '../../platform/events/event-bus.js';
import { EVENT_BUS } from '../../platform/events/event-bus.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { AuditService } from '../audit/audit.service.js';
import { isEligible, isQuorumMet } from './approval.js';
import { asApprovers, asOfNow, groupsInForce, isSamePerson, type Now } from './approval-rules.js';
import type { ApprovalRow } from './approval.store.js';
import { decisionsOf, lockApproval, move, noteDecision } from './approval.store.js';
import type { CurrentPrincipals } from './current-principals.js';
import { CURRENT_PRINCIPALS } from './current-principals.js';

export interface Verdict {
  readonly verdict: 'approve' | 'deny';
  readonly comment?: string;
}

/** What reviewers say. */
@Injectable()
export class ApprovalDecisions {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(EVENT_BUS) private readonly events: EventBus,
    @Inject(CURRENT_PRINCIPALS) private readonly principals: CurrentPrincipals,
    private readonly audit: AuditService,
  ) {}

  /**
   * One no ends it; enough yeses of distinct eligible people approve it. Throws ProblemError `not-found`,
   * `approval-not-pending`, `self-approval` or `not-eligible`.
   */
  async decide(id: string, caller: CallerIdentity, said: Verdict): Promise<void> {
    const resolved = await this.dataSource.transaction(async (manager) => {
      const approval = await lockApproval(manager, id);
      if (!approval) throw new ProblemError(404, 'not-found', 'There is no such approval.');
      if (approval.state !== 'pending') throw notPending(approval.state);
      if (approval.is_past) throw notPending('expired');
      const now = await asOfNow(manager, this.principals);
      await this.#requireMayDecide(now, approval, caller);
      const moved = await this.#apply(now, approval, caller, said);
      await this.audit.record(
        {
          actor: principalRef(caller.principal),
          action: `approval.${said.verdict}`,
          target: `Approval::${id}`,
          detail: {
            comment: said.comment ?? null,
            credentialId: caller.credentialId,
            bindingHash: approval.binding_hash,
          },
        },
        manager,
      );
      return moved ? approval : undefined;
    });
    if (resolved) await this.events.publish('approval.resolved', { gateway: resolved.gateway, approvalId: id });
  }

  async #requireMayDecide(now: Now, approval: ApprovalRow, caller: CallerIdentity): Promise<void> {
    if (await isSamePerson(now, approval.requester, caller.principal)) {
      throw new ProblemError(
        403,
        'self-approval',
        'The requester, by any account, does not decide on their own request.',
      );
    }
    if (!isEligible(approval.terms, groupsInForce(caller.principal))) {
      throw new ProblemError(403, 'not-eligible', 'Only members of the groups that the policy names may decide this.');
    }
  }

  /** True when this word settled it. */
  async #apply(now: Now, approval: ApprovalRow, caller: CallerIdentity, said: Verdict): Promise<boolean> {
    await noteDecision(now.db, approval.id, {
      person: now.people.personOf(caller.principal),
      verdict: said.verdict,
      principal: caller.principal,
      credential_id: caller.credentialId,
      comment: said.comment ?? null,
    });
    if (said.verdict === 'deny') return settle(now.db, approval, 'deny');
    const yeses = (await decisionsOf(now.db, approval.id)).filter((decision) => decision.verdict === 'approve');
    const approvers = asApprovers(
      now,
      yeses.map(({ principal }) => principal),
    );
    return isQuorumMet(approval.terms, approvers) && settle(now.db, approval, 'quorum-reached');
  }
}

async function settle(db: Queryable, approval: ApprovalRow, event: 'deny' | 'quorum-reached'): Promise<boolean> {
  if (await move(db, approval.id, event)) return true;
  throw notPending('decided');
}

function notPending(state: string): ProblemError {
  return new ProblemError(409, 'approval-not-pending', `The approval no longer waits for a decision: it is ${state}.`);
}
