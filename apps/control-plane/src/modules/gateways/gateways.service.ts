import { Inject, Injectable } from '@nestjs/common';
import type { Enrolment, EnrolmentBody, Gateway } from '@sallyport/api-contract';
import type { Replies, ToControlPlane } from '@sallyport/gateway-contract';
import type { DataSource } from 'typeorm';
import type { Actor } from '../../platform/auth/actor.js';
import { actorRef } from '../../platform/auth/actor.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { rows } from '../../platform/database/query.js';
import type { EventBus } from '../../platform/events/event-bus.js';
import { EVENT_BUS } from '../../platform/events/event-bus.js';
import type { Page } from '../../platform/http/pagination.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { AuditService } from '../audit/audit.service.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { GatewayCredentials } from './gateway-credentials.js';
import { gatewayKey, thumbprintOf } from './gateway-key.js';
import type { GatewayRow } from './gateway.store.js';
import { allGateways, createEnrolment, enrolGateway, findGateway, spendToken } from './gateway.store.js';

/** Which gateways there are: made by a one-time token, ended by deletion. */
@Injectable()
export class GatewaysService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(EVENT_BUS) private readonly events: EventBus,
    private readonly sessions: SessionsService,
    private readonly credentials: GatewayCredentials,
    private readonly audit: AuditService,
  ) {}

  async list(): Promise<Page<Gateway>> {
    return { items: (await allGateways(this.dataSource)).map(toGateway), next: null };
  }

  /** Throws ProblemError 404. */
  async get(name: string): Promise<Gateway> {
    const row = await findGateway(this.dataSource, name);
    if (!row) throw notFound();
    return toGateway(row);
  }

  /** A token for a name that is in use replaces that gateway's key when it is spent. */
  async createEnrolment(body: EnrolmentBody, createdBy: Actor): Promise<Enrolment> {
    return this.dataSource.transaction(async (manager) => {
      const { token, expiresAt } = await createEnrolment(manager, { ...body, createdBy: actorRef(createdBy) });
      const after = { gateway: body.name, expiresAt: expiresAt.toISOString() };
      const detail = { before: null, after };
      await this.audit.record(
        { actor: createdBy, action: 'gateway.enrolment.create', target: `Gateway::${body.name}`, detail },
        manager,
      );
      return { name: body.name, token, expiresAt: expiresAt.toISOString() };
    });
  }

  /** Throws ProblemError `enrolment-refused`, in the same words for every reason. */
  async enrol(body: ToControlPlane['gateway.enrol']): Promise<Replies['gateway.enrol']> {
    const key = gatewayKey.safeParse(body.publicKey);
    if (!key.success)
      throw new ProblemError(422, 'invalid-key', 'The public key must be an Ed25519 JWK and nothing more.');
    const thumbprint = thumbprintOf(key.data);
    const enrolled = await this.dataSource.transaction(async (manager) => {
      const token = await spendToken(manager, body.token, body.name);
      const target = `Gateway::${body.name}`;
      if (token.outcome === 'refused') return false;
      if (token.outcome === 'replayed') {
        const detail = { enrolmentId: token.enrolmentId, gateway: token.gateway };
        await this.audit.record({ actor: 'unknown', action: 'gateway.enrolment.replay', target, detail }, manager);
        return false;
      }
      const before = await findGateway(manager, body.name);
      // Whoever held the name before is gone, and so is what hung on it.
      await this.sessions.loseOthers(manager, body.name, []);
      await enrolGateway(manager, { name: body.name, enrolmentId: token.enrolmentId, key: key.data, thumbprint });
      const after = { enrolmentId: token.enrolmentId, thumbprint };
      const detail = { before: before ? toGateway(before) : null, after };
      await this.audit.record({ actor: target, action: 'gateway.enrol', target, detail }, manager);
      return true;
    });
    if (!enrolled) throw new ProblemError(403, 'enrolment-refused', 'The enrolment token is not valid for this name.');
    await this.events.publish('gateway.revoked', { gateway: body.name, keepThumbprint: thumbprint });
    const signingKeys = this.credentials.signingKeys();
    return { name: body.name, ...(await this.credentials.issue(body.name, thumbprint)), signingKeys };
  }

  /** Cuts its connection, refuses its credential, and counts its sessions as lost. Throws ProblemError 404. */
  async revoke(name: string, actor: Actor): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const before = await findGateway(manager, name);
      const gone = await rows(manager, 'DELETE FROM gateways WHERE name = $1 RETURNING name', [name]);
      if (!before || gone.length === 0) throw notFound();
      await manager.query('UPDATE gateway_enrolments SET expires_at = now() WHERE gateway = $1 AND used_at IS NULL', [
        name,
      ]);
      await this.sessions.loseOthers(manager, name, []);
      const detail = { before: toGateway(before), after: null };
      await this.audit.record({ actor, action: 'gateway.delete', target: `Gateway::${name}`, detail }, manager);
    });
    await this.events.publish('gateway.revoked', { gateway: name });
  }
}

function notFound(): ProblemError {
  return new ProblemError(404, 'not-found', 'There is no such gateway.');
}

function toGateway(row: GatewayRow): Gateway {
  return {
    name: row.name,
    enrolledAt: row.enrolled_at.toISOString(),
    version: row.version,
    adapters: row.adapters,
    connected: row.connected,
    lastSeenAt: row.last_seen_at?.toISOString() ?? null,
  };
}
