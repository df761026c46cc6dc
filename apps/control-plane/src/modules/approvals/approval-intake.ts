import { Inject, Injectable } from '@nestjs/common';
import { principalRef } from '@sallyport/domain';
import type { ToControlPlane } from '@sallyport/gateway-contract';
import type { DataSource, EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { firstRow } from '../../platform/database/query.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import type { GatewayIdentity } from '../sessions/session.store.js';
import { ensureSession } from '../sessions/session.store.js';

import { findApproval } from './approval.store.js';
import { ApprovalsQueue } from './approvals.queue.js';

export type HeldExchange = ToControlPlane['exchange.held'];

/** A longer request is one that no reviewer reads. UTF-16 code units, of everything that is shown. */
const maxShownLength = 512 * 1024;
/** A gateway whose clock is fast may ask for this much more than the terms allow. Seconds. */
const clockSkewSeconds = 30;

/** Takes in what gateways hold for approval. */
@Injectable()
export class ApprovalIntake {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Pick<Config, 'maxPendingApprovals'>,
    private readonly queue: ApprovalsQueue,
  ) {}

  /**
   * Returns when the request is durable and reviewers can see it. Saying it again is harmless. Throws ProblemError when it
   * is not this gateway's to ask, when it is too large to be read, or when the requester has too many waiting.
   */
  async hold(gateway: GatewayIdentity, held: HeldExchange): Promise<void> {
    if (JSON.stringify([held.text, held.parameters, held.effects, held.reasons]).length > maxShownLength) {
      throw new ProblemError(413, 'too-large', 'The request is too large for a reviewer to read.');
    }
    const expiresInMs = await this.dataSource.transaction(async (manager) => {
      await ensureSession(manager, gateway, held.session);
      if (await this.#isKnown(manager, gateway, held)) return undefined;
      await this.#requireRoom(manager, held);
      return insert(manager, gateway, held);
    });
    if (expiresInMs !== undefined) this.queue.expireLater(held.id, expiresInMs);
  }

  async #isKnown(manager: EntityManager, gateway: GatewayIdentity, held: HeldExchange): Promise<boolean> {
    const known = await findApproval(manager, held.id);
    if (!known) return false;
    const same =
      known.gateway === gateway.name && known.session_id === held.session.id && known.binding_hash === held.bindingHash;
    if (!same) throw new ProblemError(409, 'approval-conflict', 'The approval id is taken.');
    return true;
  }

  /** One identity at a time, so that a burst cannot pass the limit together. */
  async #requireRoom(manager: EntityManager, held: HeldExchange): Promise<void> {
    const requester = principalRef(held.session.principal);
    await manager.query(`SELECT pg_advisory_xact_lock(hashtext('sallyport.pending-approvals'), hashtext($1))`, [
      requester,
    ]);
    const pending = await firstRow<{ count: number }>(
      manager,
      `SELECT count(*)::int AS count FROM approvals WHERE requester_ref = $1 AND state = 'pending' AND expires_at > now()`,
      [requester],
    );
    if (!pending || pending.count >= this.config.maxPendingApprovals) {
      throw new ProblemError(429, 'too-many-pending', 'Too many requests of this identity wait for approval.');
    }
  }
}

/**
 * The wait ends when the gateway says, and never later than the terms allow by this database's clock. Gives back how far
 * away that is, in milliseconds.
 */
async function insert(manager: EntityManager, gateway: GatewayIdentity, held: HeldExchange): Promise<number> {
  const { session } = held;
  const inserted = await firstRow<{ expires_in_ms: number }>(
    manager,
    `INSERT INTO approvals (id, session_id, gateway, requester, requester_ref, credential_id, resource, protocol,
       client_address, seq, decision_id, kind, text, parameters, effects, terms, policy_revision, binding_hash, reasons,
       expires_at, portable)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16::jsonb, $17, $18, $19,
       LEAST($20::timestamptz, now() + make_interval(secs => ($16::jsonb->>'expiresInSeconds')::float8 + $21)), $22
     WHERE $20::timestamptz > now()
     RETURNING (extract(epoch FROM expires_at - now()) * 1000)::int AS expires_in_ms`,
    [
      held.id,
      session.id,
      gateway.name,
      JSON.stringify(session.principal),
      principalRef(session.principal),
      session.credentialId,
      session.resource,
      session.protocol,
      session.clientAddress,
      held.seq,
      held.decisionId,
      held.kind,
      held.text,
      held.parameters ? JSON.stringify(held.parameters) : null,
      JSON.stringify(held.effects),
      JSON.stringify(held.terms),
      held.policyRevision,
      held.bindingHash,
      JSON.stringify(held.reasons),
      held.expiresAt,
      clockSkewSeconds,
      held.portable ?? false,
    ],
  );
  if (!inserted) throw new ProblemError(422, 'approval-expired', 'The approval would have expired already.');
  return inserted.expires_in_ms;
}
