import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Principal } from '@sallyport/domain';
import { principalRef } from '@sallyport/domain';
import { startPostgres, type PostgresServer } from '@sallyport/testing';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import { ApprovalDecisions } from '../modules/approvals/approval-decisions.js';
import { ApprovalIntake, type HeldExchange } from '../modules/approvals/approval-intake.js';
import { ApprovalRelease } from '../modules/approvals/approval-release.js';
import { ApprovalsQueries } from '../modules/approvals/approvals.queries.js';
import { ApprovalsQueue } from '../modules/approvals/approvals.queue.js';
import type { CurrentPrincipals } from '../modules/approvals/current-principals.js';
import { AuditService } from '../modules/audit/audit.service.js';
import { RecordingsService } from '../modules/recordings/recordings.service.js';
import { openSegmentStorage } from '../modules/recordings/segment-files.js';
import { WatchedSessions } from '../modules/recordings/watched-sessions.js';
import type { GatewayIdentity } from '../modules/sessions/session.store.js';
import { SessionsService } from '../modules/sessions/sessions.service.js';
import type { CallerIdentity } from '../platform/auth/caller.js';
import { Signer } from '../platform/crypto/signer.js';
import { openDataSource } from '../platform/database/data-source.js';
import { PostgresEventBus } from '../platform/events/postgres-event-bus.js';
import { openBullMqQueue } from '../platform/queue/bullmq-queue.js';

/** Who exists, as a test says. */
export class KnownPrincipals implements CurrentPrincipals {
  readonly #known = new Map<string, Principal>();

  set(...principals: Principal[]): void {
    for (const principal of principals) this.#known.set(principalRef(principal), principal);
  }

  remove(principal: Principal): void {
    this.#known.delete(principalRef(principal));
  }

  async find(ref: string): Promise<Principal | undefined> {
    return this.#known.get(ref);
  }
}

export const ci: Principal = {
  type: 'ServiceAccount',
  id: 'ci',
  groups: ['ci'],
  roles: [],
  owner: 'alice@example.com',
};
export const reviewer = (id: string, ...groups: string[]): Principal => ({ type: 'User', id, groups, roles: [] });
export const callerFor = (principal: Principal): CallerIdentity => ({
  principal,
  credentialId: `key-of-${principal.id}`,
  personId: principalRef(principal),
});
export const local: GatewayIdentity = { name: 'local', enrolmentId: randomUUID() };

export interface HeldOptions {
  readonly session?: string;
  readonly gateway?: string;
  readonly principal?: Principal;
  readonly requirements?: { groups: string[]; quorum: number }[];
  readonly expiresInSeconds?: number;
  readonly text?: string;
}

/** A request that a gateway holds, as it tells the control plane. */
export function heldExchange(options: HeldOptions = {}): HeldExchange {
  const { expiresInSeconds = 60, principal = ci, requirements = [{ groups: ['dba'], quorum: 1 }] } = options;
  return {
    id: randomUUID(),
    session: {
      id: options.session ?? randomUUID(),
      principal: { ...principal, groups: [...principal.groups], roles: [...principal.roles] },
      credentialId: 'key-1',
      resource: 'shop',
      protocol: 'postgres',
      gateway: options.gateway ?? local.name,
      clientAddress: '127.0.0.1:50000',
      startedAt: new Date().toISOString(),
    },
    seq: 1,
    decisionId: 'd.1',
    kind: 'DELETE',
    text: options.text ?? 'DELETE FROM public.orders WHERE id = 7',
    effects: [{ verb: 'delete', object: 'shop/public.orders' }],
    terms: { requirements, expiresInSeconds },
    policyRevision: 3,
    bindingHash: 'a'.repeat(64),
    reasons: ['deletes need a second pair of eyes'],
    expiresAt: new Date(Date.now() + expiresInSeconds * 1000).toISOString(),
  };
}

/** The services of this half of the control plane on a real database, put together without the framework. */
export interface Parts {
  readonly postgres: PostgresServer;
  readonly dataSource: DataSource;
  readonly bus: PostgresEventBus;
  readonly principals: KnownPrincipals;
  readonly audit: AuditService;
  readonly queue: ApprovalsQueue;
  readonly intake: ApprovalIntake;
  readonly decisions: ApprovalDecisions;
  readonly release: ApprovalRelease;
  readonly queries: ApprovalsQueries;
  readonly sessions: SessionsService;
  readonly recordings: RecordingsService;
  readonly signer: Signer;
  /** Where the segments are. */
  readonly recordingsDirectory: string;
  stop(): Promise<void>;
}

export const maxPendingApprovals = 5;
export const silent = pino({ level: 'silent' });

export async function startParts(options: { readonly worker?: 'inline' | 'none' } = {}): Promise<Parts> {
  const postgres = await startPostgres({ version: '18' });
  const dataSource = await openDataSource(postgres.url);
  const bus = await PostgresEventBus.start({ url: postgres.url, onError: () => undefined });
  const recordingsDirectory = mkdtempSync(join(tmpdir(), 'sallyport-recordings-'));
  const principals = new KnownPrincipals();
  const audit = new AuditService(dataSource);
  const openQueue = (name: string) => openBullMqQueue(name, { databaseUrl: postgres.url, onError: () => undefined });
  const queue = new ApprovalsQueue(openQueue, dataSource, bus, { worker: options.worker ?? 'none' }, silent);
  const release = new ApprovalRelease(dataSource, bus, principals, audit);
  const { privateKey } = generateKeyPairSync('ed25519');
  await queue.onApplicationBootstrap();
  return {
    postgres,
    dataSource,
    bus,
    principals,
    audit,
    queue,
    intake: new ApprovalIntake(dataSource, { maxPendingApprovals }, queue),
    decisions: new ApprovalDecisions(dataSource, bus, principals, audit),
    release,
    queries: new ApprovalsQueries(dataSource),
    sessions: new SessionsService(dataSource, bus, release, audit),
    recordings: new RecordingsService(
      dataSource,
      openSegmentStorage(pathToFileURL(recordingsDirectory).href),
      new WatchedSessions(bus, silent),
    ),
    signer: new Signer(privateKey.export({ format: 'der', type: 'pkcs8' }), 'https://127.0.0.1:7443'),
    recordingsDirectory,
    stop: async () => {
      await queue.onApplicationShutdown();
      await bus.close();
      await dataSource.destroy();
      await postgres.stop();
      rmSync(recordingsDirectory, { recursive: true, force: true });
    },
  };
}
