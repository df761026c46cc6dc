import { join } from 'node:path';
import type { GatewayHost, ListenerName, ProtocolAdapter } from '@sallyport/enforcement';
import type { Replies } from '@sallyport/gateway-contract';
import { ApprovalJournal } from './approvals/approval-journal.js';
import { ApprovalWaiter } from './approvals/approval-waiter.js';
import { Authenticator } from './authentication/authenticator.js';
import type { Config } from './config.js';
import type { Push } from './link/connection.js';
import { ControlPlaneLink, type LinkTiming } from './link/control-plane-link.js';
import { ControlPlanePlace } from './link/control-plane-place.js';
import { Identity } from './link/identity.js';
import { Listener } from './listener.js';
import type { Logger } from './logger.js';
import type { CompilePolicies } from './policy/judge.js';
import { PolicyCache } from './policy/policy-cache.js';
import { HealthServer } from './process/health-server.js';
import { createMetrics } from './process/metrics.js';
import { recoverSpool } from './recorder/recovery.js';
import { Spool } from './recorder/spool.js';
import { uploadDeferral } from './recorder/upload-deferral.js';
import { Uploader } from './recorder/uploader.js';
import { WatchedSessions } from './recorder/watched-sessions.js';
import { SessionRegistry } from './sessions/session-registry.js';
import { SessionReporter } from './sessions/session-reporter.js';
import { TlsContext } from './tls-context.js';

export interface GatewayParts {
  readonly config: Config;
  /** One per listener that is configured. */
  readonly adapters: readonly ProtocolAdapter[];
  readonly compile: CompilePolicies;
  readonly version: string;
  readonly log: Logger;
  readonly linkTiming?: Partial<LinkTiming>;
}

const lastUploadsMs = 5000;

/** A gateway process, put together. */
export class Gateway {
  readonly #identity: Identity;
  readonly #link: ControlPlaneLink;
  readonly #policies: PolicyCache;
  readonly #authenticator: Authenticator;
  readonly #uploader: Uploader;
  readonly #watched = new WatchedSessions((sessionId) => this.#sealForWatchers(sessionId));
  readonly #spool: Spool;
  readonly #reporter: SessionReporter;
  readonly #approvals: ApprovalWaiter;
  readonly #sessions: SessionRegistry;
  readonly #tls: TlsContext | undefined;
  readonly #listeners: Listener[];
  readonly #health: HealthServer;
  readonly #spoolDirectory: string;
  readonly #controlPlane: ControlPlanePlace;
  #stopping = false;

  /** @throws when the state folder or the certificate cannot be used. */
  constructor(private readonly parts: GatewayParts) {
    const { config, log } = parts;
    this.#controlPlane = new ControlPlanePlace(config.controlPlaneUrl);
    this.#identity = new Identity(config.stateDir);
    this.#spoolDirectory = join(config.stateDir, 'spool');
    this.#link = this.#makeLink();
    this.#policies = new PolicyCache({
      gateway: () => this.#identity.enrolment?.name,
      pinnedKeys: () => this.#identity.enrolment?.signingKeys ?? [],
      highestRevision: () => this.#identity.highestRevision,
      sawRevision: (revision) => this.#identity.sawRevision(revision),
      compile: parts.compile,
      log,
    });
    this.#authenticator = new Authenticator(this.#policies, log);
    this.#reporter = new SessionReporter(this.#link, log, () => this.#uploader.sessionKnown());
    this.#uploader = new Uploader({
      directory: this.#spoolDirectory,
      link: this.#link,
      known: (sessionId) => this.#reporter.known(sessionId),
      onReleased: (bytes) => this.#spool.released(bytes),
      urgent: () => this.#watched.ids,
      defer: uploadDeferral({ spoolUse: () => this.#spool.bytes / config.spoolMaxBytes }),
      log,
    });
    this.#spool = new Spool({
      directory: this.#spoolDirectory,
      maxBytes: config.spoolMaxBytes,
      durability: config.durability,
      log,
      onSealed: (segment) => this.#uploader.add(segment),
      onFailure: (sessionId) => this.#sessions.terminate(sessionId, 'the recording cannot be kept'),
    });
    this.#approvals = new ApprovalWaiter(
      this.#link,
      new ApprovalJournal(join(config.stateDir, 'approvals.jsonl')),
      log,
    );
    this.#sessions = new SessionRegistry({
      gateway: () => this.#identity.enrolment?.name ?? config.name,
      policies: this.#policies,
      evidenceOf: (authenticated) => this.#authenticator.evidenceOf(authenticated),
      spool: this.#spool,
      reporter: this.#reporter,
      approvals: this.#approvals,
      log,
      staleGraceMs: config.staleGraceSeconds * 1000,
    });
    this.#tls = config.tls && new TlsContext(config.tls, log);
    this.#listeners = parts.adapters.map((adapter) => this.#makeListener(adapter));
    this.#health = new HealthServer({ obstacles: () => this.obstacles(), metrics: this.#makeMetrics() });
  }

  /** @returns the ports listened on: one per adapter, in their order, and the health port. */
  async start(): Promise<{ readonly ports: readonly number[]; readonly healthPort: number | undefined }> {
    const { config, log } = this.parts;
    for (const left of await recoverSpool(this.#spoolDirectory, log)) {
      for (const segment of left.segments) {
        this.#spool.adopt(segment.bytes);
        this.#uploader.add(segment, left.state);
      }
      if (left.session) this.#reporter.opened(left.session);
      this.#reporter.closed(left.sessionId, left.ended.at, left.ended.reason);
    }
    this.#link.start();
    const ports = await Promise.all(this.#listeners.map((listener) => listener.start()));
    const healthPort = config.healthListen && (await this.#health.start(config.healthListen));
    log.info({ ports, healthPort }, 'listening');
    return { ports, healthPort };
  }

  /** What stands in the way of serving. */
  obstacles(): string[] {
    const obstacles: string[] = [];
    if (this.#stopping) obstacles.push('shutting down');
    if (!this.#policies.last) obstacles.push('no policy has been received');
    else if (!this.#policies.current) obstacles.push('the policy is too old');
    if (!this.#listeners.every((listener) => listener.listening)) obstacles.push('a listener is down');
    if (this.#spool.congested) obstacles.push('the recording spool is full');
    return obstacles;
  }

  /** Stops accepting, lets exchanges finish, ends the sessions, delivers what can be delivered. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.stopAccepting();
    await this.#sessions.drain(this.parts.config.drainSeconds * 1000);
    for (const listener of this.#listeners) listener.destroySockets();
    this.#watched.stop();
    this.#spool.stop();
    await this.#delivered(lastUploadsMs);
    this.#uploader.stop();
    this.#reporter.stop();
    this.#approvals.stop();
    this.#link.stop();
    this.#tls?.stop();
    this.#health.stop();
  }

  /** Admits nobody from now on. Also the first thing to do when the process cannot be trusted any more. */
  stopAccepting(): void {
    this.#stopping = true;
    for (const listener of this.#listeners) listener.stopAccepting();
  }

  /** Resolves when the control plane has been told everything, cannot be, or after `timeoutMs`: what is left is on the disk. */
  async #delivered(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (this.#link.connected && performance.now() < deadline) {
      if (this.#uploader.backlog === 0 && this.#reporter.backlog === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  #makeLink(): ControlPlaneLink {
    const { config, log, adapters, version, linkTiming } = this.parts;
    return new ControlPlaneLink({
      url: config.controlPlaneUrl,
      name: config.name,
      identity: this.#identity,
      log,
      ...(config.controlPlaneCa !== undefined && { ca: config.controlPlaneCa }),
      ...(config.enrolmentToken !== undefined && { enrolmentToken: config.enrolmentToken }),
      ...(linkTiming && { timing: linkTiming }),
      describe: () => ({
        version,
        adapters: adapters.flatMap(({ serves }) =>
          serves.map(({ protocol, capabilities }) => ({ protocol, masks: [...capabilities.masks] })),
        ),
        sessions: this.#sessions.ids,
      }),
      onPush: (push) => this.#push(push),
      onReady: (hello) => this.#ready(hello),
    });
  }

  #ready(hello: Replies['gateway.hello']): void {
    for (const resolved of hello.resolved) this.#approvals.resolved(resolved);
    this.#reporter.resume();
    this.#approvals.resume();
    this.#uploader.resume();
  }

  #push(push: Exclude<Push, { type: 'control-plane.challenge' }>): void {
    switch (push.type) {
      case 'policy.published':
        this.#policies.publish(push.body);
        return;
      case 'policy.lease':
        this.#policies.lease(push.body);
        return;
      case 'identity.revoked':
        return this.#sessions.revoke(push.body);
      case 'session.terminate':
        return this.#sessions.terminate(push.body.sessionId, push.body.reason);
      case 'session.watched':
        return this.#watched.watch(push.body.sessionId, push.body.seconds);
      case 'approval.resolved':
        return this.#approvals.resolved(push.body);
    }
  }

  /** Not while an earlier piece is on its way: a slow control plane is not to get ever more and ever smaller ones. */
  #sealForWatchers(sessionId: string): void {
    if (!this.#uploader.waitsFor(sessionId)) this.#sessions.recorderOf(sessionId)?.sealSegment();
  }

  #makeListener(adapter: ProtocolAdapter): Listener {
    const { config, log } = this.parts;
    const protocols = new Set(adapter.serves.map(({ protocol }) => protocol));
    return new Listener({
      address: config.listen[adapter.listener]!,
      reusePort: config.shared.has(adapter.listener),
      plain: config.plain.has(adapter.listener),
      adapter,
      host: this.#host(adapter.listener),
      sessions: () => this.#sessions.count(protocols),
      maxConnections: config.limits.maxConnections,
      log,
    });
  }

  #host(listener: ListenerName): GatewayHost {
    const { config, log } = this.parts;
    const policies = this.#policies;
    return {
      limits: config.limits,
      tls: () => (config.plain.has(listener) ? undefined : this.#tls?.context),
      authenticate: (credential) => this.#authenticator.authenticate(credential),
      authenticateKey: (key) => this.#authenticator.authenticateKey(key),
      resource: (name, protocol) => policies.current?.resource(name, protocol),
      open: (request) => this.#sessions.open(request),
      get pseudonymKey() {
        const key = policies.last?.pseudonymKey;
        if (!key) throw new Error('no policy has been received');
        return key;
      },
      approvalUrl: (id) => this.#controlPlane.approvalUrl(id),
      forbidden: (address, port) => this.#controlPlane.isAt(address, port),
      log: (level, message, fields) => log[level]({ ...fields }, message),
    };
  }

  #makeMetrics() {
    const sum = (read: (listener: Listener) => number): number =>
      this.#listeners.reduce((total, listener) => total + read(listener), 0);
    return createMetrics({
      sessions: () => this.#sessions.size,
      sockets: () => sum((listener) => listener.sockets),
      refusedSockets: () => sum((listener) => listener.refused),
      exchanges: () => this.#spool.decisions,
      approvalsPending: () => this.#approvals.pending,
      spoolBytes: () => this.#spool.bytes,
      spoolBacklog: () => this.#uploader.backlog,
      spoolCongested: () => this.#spool.congested,
      policyRevision: () => this.#policies.last?.snapshot.revision,
      policyAgeSeconds: () => this.#policies.ageSeconds,
      policyFailed: () => this.#policies.failed,
      connected: () => this.#link.connected,
    });
  }
}
