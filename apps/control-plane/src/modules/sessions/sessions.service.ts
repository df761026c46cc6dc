import { Inject, Injectable } from '@nestjs/common';
import type { ToControlPlane, ToGateway } from '@sallyport/gateway-contract';
import type { DataSource, EntityManager } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { firstRow, rows } from '../../platform/database/query.js';
import type { EventBus } from '../../platform/events/event-bus.js';
import { EVENT_BUS } from '../../platform/events/event-bus.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { ApprovalRelease } from '../approvals/approval-release.js';
import { AuditService } from '../audit/audit.service.js';
import type { GatewayIdentity, OpenedSession } from './session.store.js';
import { endOthers, endSession, ensureSession, findSession, foreignSession, isOwn } from './session.store.js';

/** What gateways report about their sessions, and what people ask of them. */
@Injectable()
export class SessionsService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(EVENT_BUS) private readonly events: EventBus,
    private readonly approvals: ApprovalRelease,
    private readonly audit: AuditService,
  ) {}

  async opened(gateway: GatewayIdentity, session: OpenedSession): Promise<void> {
    await ensureSession(this.dataSource, gateway, session);
  }

  async closed(gateway: GatewayIdentity, body: ToControlPlane['session.closed']): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const session = await findSession(manager, body.sessionId);
      // Opened and closed while nobody could be told: there is nothing to end.
      if (!session) return;
      if (!isOwn(session, gateway)) throw foreignSession();
      await endSession(manager, session.id, body.endedAt, body.reason.slice(0, 500));
      await this.approvals.sessionsEnded(manager, [session.id]);
    });
  }

  /** Throws ProblemError `foreign-session` unless it is this gateway's, also of an enrolment before. */
  async requireRecordedBy(gateway: GatewayIdentity, sessionId: string): Promise<void> {
    // By name: what a gateway recorded before it was enrolled anew still waits on its disk, and is evidence.
    const session = await findSession(this.dataSource, sessionId);
    if (session?.gateway !== gateway.name) throw foreignSession();
  }

  /**
   * A gateway is back and says which sessions live: every other one was lost with what hung on it. Gives back the ones
   * that somebody asked to end, or that ended here, while it was away.
   */
  async reconcile(gateway: GatewayIdentity, alive: readonly string[]): Promise<ToGateway['session.terminate'][]> {
    return this.dataSource.transaction(async (manager) => {
      await this.loseOthers(manager, gateway.name, alive);
      const unwanted = await rows<{ id: string; reason: string | null }>(
        manager,
        `SELECT id, coalesce(terminate_reason, end_reason) AS reason FROM sessions
         WHERE id = ANY ($1::uuid[]) AND gateway = $2 AND (terminate_requested_at IS NOT NULL OR ended_at IS NOT NULL)`,
        [alive, gateway.name],
      );
      return unwanted.map((row) => ({ sessionId: row.id, reason: row.reason ?? 'terminated' }));
    });
  }

  /** Ends, as lost, every session of the gateway but those alive; within the transaction that learned of it. */
  async loseOthers(manager: EntityManager, gateway: string, alive: readonly string[]): Promise<void> {
    const lost = await endOthers(manager, gateway, alive, 'lost');
    await this.approvals.sessionsEnded(manager, lost);
    await this.approvals.executionsLost(manager, gateway, alive);
  }

  /** Asks the gateway to end it; the gateway hears at once, or when it is back. Throws ProblemError 404 or 409. */
  async terminate(sessionId: string, actor: string, reason: string): Promise<void> {
    const gateway = await this.dataSource.transaction(async (manager) => {
      const asked = await firstRow<{ gateway: string }>(
        manager,
        `UPDATE sessions SET terminate_requested_at = coalesce(terminate_requested_at, now()),
           terminate_reason = coalesce(terminate_reason, $2)
         WHERE id = $1 AND ended_at IS NULL RETURNING gateway`,
        [sessionId, reason],
      );
      if (!asked) {
        if (await findSession(manager, sessionId))
          throw new ProblemError(409, 'session-ended', 'The session has ended.');
        throw new ProblemError(404, 'not-found', 'There is no such session.');
      }
      await this.audit.record(
        { actor, action: 'session.terminate', target: `Session::${sessionId}`, detail: { reason } },
        manager,
      );
      return asked.gateway;
    });
    await this.events.publish('session.terminate', { gateway, sessionId });
  }

  async terminationReason(sessionId: string): Promise<string> {
    return (await findSession(this.dataSource, sessionId))?.terminate_reason ?? 'terminated';
  }
}
