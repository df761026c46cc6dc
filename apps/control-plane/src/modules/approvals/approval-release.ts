import { Inject, Injectable } from '@nestjs/common';
import type { ToControlPlane } from '@sallyport/gateway-contract';
import type { DataSource, EntityManager } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { rows } from '../../platform/database/query.js';
import type { EventBus } from '../../platform/events/event-bus.js';
import { EVENT_BUS } from '../../platform/events/event-bus.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { AuditService } from '../audit/audit.service.js';
import type { GatewayIdentity } from '../sessions/session.store.js';
import { asOfNow, whyVoid } from './approval-rules.js';
import type { ApprovalRow } from './approval.store.js';
import { decisionsOf, giveUp, lockApproval, move } from './approval.store.js';
import type { CurrentPrincipals } from './current-principals.js';
import { CURRENT_PRINCIPALS } from './current-principals.js';

const maxDetailLength = 2000;

/** What becomes of an approval at the gateway that asked: used once, given up, and what came of it. */
@Injectable()
export class ApprovalRelease {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(EVENT_BUS) private readonly events: EventBus,
    @Inject(CURRENT_PRINCIPALS) private readonly principals: CurrentPrincipals,
    private readonly audit: AuditService,
  ) {}

  /**
   * Claims the approval for its one execution. False: it is not approved (any more), has expired, binds to something
   * else, or whoever granted it may no longer do so. The caller runs nothing unless this says true.
   */
  async consume(gateway: GatewayIdentity, body: ToControlPlane['approval.consume']): Promise<boolean> {
    const result = await this.dataSource.transaction(async (manager) => {
      const approval = await this.#own(manager, gateway, body.approvalId);
      if (approval?.state !== 'approved' || approval.is_past) return 'refused';
      if (approval.binding_hash !== body.bindingHash) {
        await this.#record(manager, gateway, approval, 'approval.misuse', { bindingHash: body.bindingHash });
        return 'refused';
      }
      const now = await asOfNow(manager, this.principals);
      const obstacle = await whyVoid(now, approval, await decisionsOf(manager, approval.id));
      if (obstacle !== undefined) {
        await move(manager, approval.id, 'invalidate', obstacle);
        await this.#record(manager, gateway, approval, 'approval.void', { reason: obstacle });
        return 'void';
      }
      if (!(await move(manager, approval.id, 'consume'))) return 'refused';
      // Whoever runs it is the one to be asked what came of it.
      await manager.query('UPDATE approvals SET gateway = $2 WHERE id = $1', [approval.id, gateway.name]);
      await this.#record(manager, gateway, approval, 'approval.consume', { bindingHash: approval.binding_hash });
      return 'consumed';
    });
    if (result === 'void') {
      await this.events.publish('approval.resolved', { gateway: gateway.name, approvalId: body.approvalId });
    }
    return result === 'consumed';
  }

  /** The requester's side gave up. Too late is no error: there is nothing left to give up. */
  async abandon(gateway: GatewayIdentity, body: ToControlPlane['approval.abandon']): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const approval = await this.#own(manager, gateway, body.approvalId);
      if (!approval) return;
      await giveUp(manager, { id: approval.id }, body.reason.slice(0, maxDetailLength));
    });
  }

  /**
   * What the one execution came to. `unknown` gives way to knowledge; knowledge never changes. Throws ProblemError
   * `foreign-approval` where another gateway ran it.
   */
  async outcome(gateway: GatewayIdentity, body: ToControlPlane['approval.outcome']): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const approval = await this.#own(manager, gateway, body.approvalId);
      if (!approval) return;
      if (approval.state !== 'consumed') {
        // A gateway that never learned that its claim succeeded, or never made it, reports that nothing ran.
        if (body.outcome === 'failed' && approval.state === 'approved')
          await move(manager, approval.id, 'abandon', body.detail.slice(0, maxDetailLength));
        return;
      }
      // Any gateway may use a portable one; another, whose claim came too late or was lost, knows nothing of what it did.
      if (approval.gateway !== gateway.name) throw foreignApproval();
      if (approval.outcome !== null && approval.outcome !== 'unknown') return;
      if (approval.outcome === body.outcome) return;
      const detail = body.detail.slice(0, maxDetailLength);
      await manager.query('UPDATE approvals SET outcome = $2, outcome_detail = $3 WHERE id = $1', [
        approval.id,
        body.outcome,
        detail,
      ]);
      await this.#record(manager, gateway, approval, 'approval.outcome', { outcome: body.outcome, detail });
    });
  }

  /** Whatever these sessions waited for is given up. */
  async sessionsEnded(manager: EntityManager, sessionIds: readonly string[]): Promise<void> {
    if (sessionIds.length === 0) return;
    await giveUp(manager, { sessionIds }, 'the session ended');
  }

  /**
   * Executions that were released on sessions that are gone and never reported on: nobody knows whether they ran, and
   * they are never run again (AP-08).
   */
  async executionsLost(manager: EntityManager, gateway: string, alive: readonly string[]): Promise<void> {
    const lost = await rows<{ id: string }>(
      manager,
      `UPDATE approvals SET outcome = 'unknown', outcome_detail = 'the gateway stopped before it could report'
       WHERE gateway = $1 AND state = 'consumed' AND outcome IS NULL AND NOT (session_id = ANY ($2::uuid[])) RETURNING id`,
      [gateway, alive],
    );
    for (const { id } of lost) {
      await this.audit.record(
        { actor: 'system', action: 'approval.outcome', target: `Approval::${id}`, detail: { outcome: 'unknown' } },
        manager,
      );
    }
  }

  /** Undefined: it never arrived here, so there is nothing to use or give up. Throws ProblemError `foreign-approval`. */
  async #own(manager: EntityManager, gateway: GatewayIdentity, id: string): Promise<ApprovalRow | undefined> {
    const approval = await lockApproval(manager, id);
    if (approval && approval.gateway !== gateway.name && !approval.portable) throw foreignApproval();
    return approval;
  }

  #record(
    manager: EntityManager,
    gateway: GatewayIdentity,
    approval: ApprovalRow,
    action: string,
    detail: Record<string, unknown>,
  ): Promise<void> {
    return this.audit.record(
      { actor: `Gateway::${gateway.name}`, action, target: `Approval::${approval.id}`, detail },
      manager,
    );
  }
}

function foreignApproval(): ProblemError {
  return new ProblemError(403, 'foreign-approval', 'The approval is not one of this gateway.');
}
