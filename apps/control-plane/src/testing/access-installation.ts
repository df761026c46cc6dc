import type { Answer, Replica, TestInstallation } from './replica.js';
import { startInstallation } from './replica.js';
import { SNAPSHOT_SOURCE, type SnapshotSource } from '../modules/gateways/snapshot-source.js';

/** Name, owner and groups. Two accounts of one owner are one person. */
const accounts: readonly (readonly [string, string, ...string[]])[] = [
  ['alice', 'alice', 'engineers'],
  ['alices-bot', 'alice', 'dba'],
  ['alices-job', 'ServiceAccount::alice', 'jobs'],
  ['bob', 'bob', 'dba'],
  ['bobs-bot', 'bob', 'dba'],
  ['carol', 'carol', 'dba'],
  ['dora', 'dora', 'sales'],
  ['eve', 'eve', 'oncall'],
];
const rules = {
  approvers: ['dba'],
  requesters: ['engineers', 'dba'],
  maxSeconds: 600,
  resources: ['shop', 'stock'],
};
export const roles = {
  operator: { members: ['Group::sales'], request: rules },
  'two-eyes': { request: { ...rules, quorum: 2 } },
  emergency: { request: { approvers: ['dba'], breakGlass: ['oncall'], requesters: [], maxSeconds: 60 } },
  closed: { members: ['ServiceAccount::bob'] },
} as const;
const resource = (name: string) => ({
  kind: 'Resource',
  name,
  spec: {
    protocol: 'postgres',
    upstream: { host: 'localhost', port: 5432, database: name },
    credential: { username: 'app', password: { value: 'secret' } },
  },
});
const manifests = [
  ...['shop', 'stock', 'books'].map(resource),
  ...accounts.map(([name, owner, ...groups]) => ({ kind: 'ServiceAccount', name, spec: { owner, groups } })),
  ...Object.entries(roles).map(([name, spec]) => ({ kind: 'Role', name, spec })),
];

/** As many requests may wait as asked at the other replica. */
export const fewPending = 2;

/** Two replicas over one database, with people who ask and people who decide. */
export interface AccessInstallation {
  readonly installation: TestInstallation;
  readonly replica: Replica;
  readonly other: Replica;
  as(who: string, method: string, path: string, body?: object): Promise<Answer>;
  ask(who: string, more?: object): Promise<Answer>;
  /** Asks and gives back the id. */
  pending(who: string, more?: object): Promise<string>;
  decide(who: string, id: string, verdict?: 'approve' | 'deny', at?: Replica): Promise<Answer>;
  /** As an administrator reads it. */
  read(id: string): Promise<Answer['body']>;
  /** As gateways learn of them. */
  grants(): Promise<Awaited<ReturnType<SnapshotSource['build']>>['grants']>;
  revision(): Promise<number>;
  /** Withdraws and revokes whatever there is. */
  clear(): Promise<void>;
}

export async function startAccessInstallation(): Promise<AccessInstallation> {
  const installation = await startInstallation();
  const replica = await installation.replica();
  const other = await installation.replica({ SALLYPORT_MAX_PENDING_APPROVALS: String(fewPending) });
  await replica.bootstrap();
  const { status, text } = await replica.call('PUT', '/v1/manifests', { body: manifests });
  if (status !== 200) throw new Error(text);
  const keys = new Map<string, string>();
  for (const [name] of accounts) {
    const made = await replica.call('POST', `/v1/service-accounts/${name}/keys`, { body: {} });
    keys.set(name, made.body.key as string);
  }
  const snapshots = replica.app.get<SnapshotSource>(SNAPSHOT_SOURCE, { strict: false });
  const as = (who: string, method: string, path: string, body?: object, at = replica) =>
    at.call(method, path, { as: keys.get(who)!, ...(body && { body }) });
  const wish = { role: 'operator', resources: ['shop'], seconds: 60, reason: 'look' };
  const ask = (who: string, more: object = {}) => as(who, 'POST', '/v1/access-requests', { ...wish, ...more });
  return {
    ...{ installation, replica, other, as, ask },
    async pending(who, more) {
      const answer = await ask(who, more);
      if (answer.status !== 201) throw new Error(answer.text);
      return answer.body.id as string;
    },
    decide: (who, id, verdict = 'approve', at = replica) =>
      as(who, 'POST', `/v1/access-requests/${id}/${verdict}`, verdict === 'deny' ? { comment: 'no' } : {}, at),
    read: async (id) => (await replica.call('GET', `/v1/access-requests/${id}`)).body as Answer['body'],
    grants: async () => (await snapshots.build('local')).grants,
    revision: () => snapshots.currentRevision(),
    async clear() {
      await replica.database.query(
        `UPDATE access_requests SET state = 'withdrawn', resolved_at = now() WHERE state = 'pending'`,
      );
      await replica.database.query(
        `UPDATE grants SET ended_at = now(), end_reason = 'revoked', ended_by = 'test' WHERE ended_at IS NULL`,
      );
    },
  };
}
