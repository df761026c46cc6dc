import type { PolicySnapshot, Signed } from '@sallyport/gateway-contract';
import { eventually } from '../../testing/eventually.js';
import { PolicyFeed } from './policy-feed.js';
import type { GatewayPush } from './push.js';

/** A source whose revision and faults a test sets. */
class Source {
  revision = 1;
  fails = false;
  builds = 0;

  async build(gateway: string): Promise<PolicySnapshot> {
    this.builds += 1;
    if (this.fails) throw new Error('the database is away');
    const { revision } = this;
    return {
      ...{ revision, gateway, issuedAt: new Date().toISOString(), maxAgeSeconds: 300 },
      ...{ policies: [], resources: [], serviceAccounts: [], groups: [] },
      ...{ users: [], claimGroups: [], roles: [], grants: [], trustedIssuers: [], revokedTokens: [] },
      ...{ tokens: { issuer: 'i', audience: 'a', jwks: [] }, pseudonymKey: 'k' },
    };
  }

  async currentRevision(): Promise<number> {
    if (this.fails) throw new Error('the database is away');
    return this.revision;
  }
}

let source: Source;
let pushed: { type: string; revision: number }[];
let feed: PolicyFeed;
beforeEach(() => {
  source = new Source();
  pushed = [];
  const push = ({ type, body }: GatewayPush): void => {
    pushed.push({ type, revision: (JSON.parse((body as Signed).payload) as { revision: number }).revision });
  };
  const signer = { sign: () => ({ signature: 's', keyId: 'k' }) };
  feed = new PolicyFeed({ gateway: 'local', source, signer, push, log: { error: () => undefined } });
});
afterEach(() => feed.stop());

test('changes that come together make one snapshot', async () => {
  for (let n = 0; n < 20; n += 1) feed.refresh();
  await eventually(() => pushed.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(source.builds).toBe(1);
  expect(pushed).toEqual([{ type: 'policy.published', revision: 1 }]);
});

test('a change during a build is built again', async () => {
  feed.refresh(0);
  await eventually(() => source.builds === 1);
  source.revision = 2;
  feed.refresh(0);
  await eventually(() => pushed.at(-1)?.revision === 2);
});

test('a lease is for the newest revision, and a newer one is sent instead of it', async () => {
  feed.refresh(0);
  await eventually(() => pushed.length === 1);
  await feed.lease();
  expect(pushed.at(-1)).toEqual({ type: 'policy.lease', revision: 1 });
  source.revision = 2;
  await feed.lease();
  await eventually(() => pushed.length === 3);
  expect(pushed.at(-1)).toEqual({ type: 'policy.published', revision: 2 });
});

test('no lease before the first snapshot', async () => {
  await feed.lease();
  await eventually(() => pushed.length === 1);
  expect(pushed[0]!.type).toBe('policy.published');
});

test('CP-03: without the database nothing is sent, and what is newest goes out when it is back', async () => {
  feed.refresh(0);
  await eventually(() => pushed.length === 1);
  source.fails = true;
  await feed.lease();
  feed.refresh(0);
  await eventually(() => source.builds === 2);
  expect(pushed).toHaveLength(1);
  Object.assign(source, { fails: false, revision: 5 });
  await eventually(() => pushed.length === 2);
  expect(pushed[1]).toEqual({ type: 'policy.published', revision: 5 });
});

test('CP-03: an older revision is never sent after a newer one', async () => {
  source.revision = 9;
  feed.refresh(0);
  await eventually(() => pushed.length === 1);
  source.revision = 4;
  feed.refresh(0);
  await eventually(() => source.builds === 2);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(pushed).toHaveLength(1);
});

test('a feed that was stopped says nothing more', async () => {
  feed.refresh(0);
  feed.stop();
  await feed.lease();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(pushed).toEqual([]);
});
