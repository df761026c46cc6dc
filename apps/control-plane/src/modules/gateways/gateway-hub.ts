import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import type { z } from 'zod';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Signer } from '../../platform/crypto/signer.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { busResumed, EVENT_BUS, type EventBus } from '../../platform/events/event-bus.js';
import { topics, type Topic } from '../../platform/events/topics.js';
import { LOGGER } from '../../platform/logging/logger.js';
import { ApprovalsQueries } from '../approvals/approvals.queries.js';
import { watchedSeconds } from '../recordings/watched-sessions.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { closeCode, type GatewayConnection } from './gateway-connection.js';
import { connectedGateways } from './gateway.metrics.js';
import { noteGone, noteSeen, seenEverySeconds } from './gateway.store.js';
import type { ProvenGateway } from './greeting.js';
import { PolicyFeed } from './policy-feed.js';
import type { SnapshotSource } from './snapshot-source.js';
import { SNAPSHOT_SOURCE } from './snapshot-source.js';

interface Member {
  readonly connection: GatewayConnection;
  readonly gateway: ProvenGateway;
  readonly feed: PolicyFeed;
}

/** A lapsed credential may open a connection; this long afterwards it must have been renewed. Milliseconds. */
const renewalGraceMs = 60_000;

/** Two leases may get lost before a gateway has to stop. */
const leasesPerMaxAge = 3;

/** The gateways connected to this replica, and what reaches them of what happens on any replica. */
@Injectable()
export class GatewayHub implements OnApplicationShutdown {
  readonly #members = new Map<GatewayConnection, Member & { readonly since: number }>();
  readonly #unsubscribe: (() => void)[];
  readonly #timer: NodeJS.Timeout;

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(EVENT_BUS) private readonly events: EventBus,
    @Inject(SNAPSHOT_SOURCE) private readonly snapshots: SnapshotSource,
    @Inject(LOGGER) private readonly log: Logger,
    @Inject(CONFIG) config: Pick<Config, 'policyMaxAgeSeconds'>,
    private readonly signer: Signer,
    private readonly approvals: ApprovalsQueries,
    private readonly sessions: SessionsService,
  ) {
    this.#unsubscribe = [
      this.#on('policy.changed', () => this.#each((member) => member.feed.refresh())),
      this.#on('identity.revoked', (body) =>
        this.#each(({ connection }) => connection.push({ type: 'identity.revoked', body })),
      ),
      this.#on('session.terminate', (event) => void this.#terminate(event)),
      this.#on('session.watched', (event) => this.#watched(event)),
      this.#on('approval.resolved', (event) => void this.#resolved(event)),
      this.#on('gateway.revoked', (event) => this.#revoked(event)),
      this.#on('gateway.superseded', (event) => this.#superseded(event)),
      // What was missed is in the database, and hello is how a gateway learns it: let them all say hello again.
      events.subscribe(busResumed, () =>
        this.#each(({ connection }) => connection.close(closeCode.restart, 'say hello again')),
      ),
    ];
    const everySeconds = Math.min(seenEverySeconds, config.policyMaxAgeSeconds / leasesPerMaxAge);
    this.#timer = setInterval(() => this.#each((member) => void this.#tick(member)), everySeconds * 1000);
    this.#timer.unref();
  }

  /** From now on the connection hears what concerns its gateway; an older connection of the same gateway ends. */
  join(connection: GatewayConnection, gateway: ProvenGateway): void {
    const feed = new PolicyFeed({
      gateway: gateway.name,
      source: this.snapshots,
      signer: this.signer,
      push: (message) => connection.push(message),
      log: this.log,
    });
    this.#members.set(connection, { connection, gateway, feed, since: Date.now() });
    connectedGateways.set(this.#members.size);
    const { name, connectionId } = gateway;
    this.events
      .publish('gateway.superseded', { gateway: name, connectionId })
      // The older connection then ends when it is next seen not to be the newest.
      .catch((error: unknown) =>
        this.log.warn({ err: error, gateway: name }, 'a newer connection could not be announced'),
      );
  }

  ready(connection: GatewayConnection): void {
    this.#members.get(connection)?.feed.refresh(0);
  }

  leave(connection: GatewayConnection): void {
    const member = this.#members.get(connection);
    if (!member) return;
    this.#members.delete(connection);
    connectedGateways.set(this.#members.size);
    member.feed.stop();
    const { name, connectionId } = member.gateway;
    noteGone(this.dataSource, name, connectionId).catch((error: unknown) =>
      this.log.warn({ err: error, gateway: name }, 'the end of a connection could not be noted'),
    );
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#each(({ feed }) => feed.stop());
  }

  #each(act: (member: Member & { readonly since: number }) => void): void {
    for (const member of [...this.#members.values()]) act(member);
  }

  #of(gateway: string): Member[] {
    return [...this.#members.values()].filter((member) => member.gateway.name === gateway);
  }

  /** A payload of another shape was not published by this version; it is reported by the bus and goes nowhere. */
  #on<T extends Topic>(topic: T, act: (payload: z.infer<(typeof topics)[T]>) => void): () => void {
    return this.events.subscribe(topic, (payload) => act(topics[topic].parse(payload) as z.infer<(typeof topics)[T]>));
  }

  async #terminate({ gateway, sessionId }: z.infer<(typeof topics)['session.terminate']>): Promise<void> {
    const members = this.#of(gateway);
    if (members.length === 0) return;
    // The reason is for the client; without it the session ends all the same.
    const reason = await this.sessions.terminationReason(sessionId).catch(() => 'terminated');
    for (const { connection } of members) connection.push({ type: 'session.terminate', body: { sessionId, reason } });
  }

  async #resolved({ gateway, approvalId }: z.infer<(typeof topics)['approval.resolved']>): Promise<void> {
    const members = this.#of(gateway);
    if (members.length === 0) return;
    try {
      const body = await this.approvals.resolution(approvalId);
      if (body) for (const { connection } of members) connection.push({ type: 'approval.resolved', body });
    } catch (error) {
      // Saying hello again is how the gateway learns what it could not be told.
      this.log.error({ err: error, gateway, approvalId }, 'a gateway could not be told of a decision');
      for (const { connection } of members) connection.close(closeCode.restart, 'say hello again');
    }
  }

  #revoked({ gateway, keepThumbprint }: z.infer<(typeof topics)['gateway.revoked']>): void {
    for (const member of this.#of(gateway)) {
      if (member.gateway.thumbprint !== keepThumbprint) member.connection.close(closeCode.revoked, 'revoked');
    }
  }

  #watched({ gateway, sessionId }: z.infer<(typeof topics)['session.watched']>): void {
    const body = { sessionId, seconds: watchedSeconds };
    for (const { connection } of this.#of(gateway)) connection.push({ type: 'session.watched', body });
  }

  #superseded({ gateway, connectionId }: z.infer<(typeof topics)['gateway.superseded']>): void {
    for (const member of this.#of(gateway)) {
      if (member.gateway.connectionId === connectionId) continue;
      // Two connections that prove themselves at once announce each other: the database says which is the newest.
      void this.#seen(member);
    }
  }

  async #tick(member: Member & { readonly since: number }): Promise<void> {
    if (!(await this.#seen(member))) return;
    const expiresAt = member.connection.gateway?.credentialExpiresAt.getTime() ?? 0;
    if (Date.now() > Math.max(expiresAt, member.since + renewalGraceMs)) {
      return member.connection.close(closeCode.refused, 'the credential has ended');
    }
    await member.feed.lease();
  }

  /** Notes that the gateway is here; false, and the connection ends, when it has been revoked or has a newer one. */
  async #seen({ connection, gateway }: Member): Promise<boolean> {
    try {
      if (await noteSeen(this.dataSource, gateway.name, gateway.connectionId)) return true;
      connection.close(closeCode.superseded, 'no longer the connection of this gateway');
    } catch (error) {
      // Without the database there is no lease either: what the gateway has grows old.
      this.log.warn({ err: error, gateway: gateway.name }, 'a gateway could not be noted as seen');
    }
    return false;
  }
}
