import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { PolicyLease, PolicySnapshot } from '@sallyport/gateway-contract';
import { encodeSegmentHeader, initialChain, nextChain, segmentDigest } from '@sallyport/recording';
import { WebSocket } from 'ws';
import { ci, heldExchange } from '../../testing/control-plane-parts.js';
import { eventually } from '../../testing/eventually.js';
import { GatewayClient, newKey } from '../../testing/gateway-client.js';
import { Signer } from '../../platform/crypto/signer.js';
import { GatewayCredentials } from './gateway-credentials.js';
import { startInstallation, type Replica, type TestInstallation } from '../../testing/replica.js';
import { busResumed, EVENT_BUS, type EventBus } from '../../platform/events/event-bus.js';

let installation: TestInstallation;
let one: Replica;
let two: Replica;
let reviewer: string;
const open: GatewayClient[] = [];

beforeAll(async () => {
  installation = await startInstallation();
  one = await installation.replica();
  await one.bootstrap();
  two = await installation.replica({ SALLYPORT_WORKER: 'none' });
  two.administrator = one.administrator;
  await one.account('ci', 'ci');
  reviewer = await one.account('rita', 'dba');
  await one.call('PUT', '/v1/manifests', {
    body: 'kind: Policy\nname: decide\nspec: {cedar: "permit (principal in Group::\\"dba\\", action, resource);"}\n',
  });
}, 120_000);
afterAll(() => installation.stop());
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
});

const connect = async (replica = one, key = newKey()): Promise<GatewayClient> => {
  const client = await GatewayClient.connect(replica.url, key);
  open.push(client);
  return client;
};
const tokenFor = async (name: string): Promise<string> =>
  (await one.call('POST', '/v1/gateways/enrolments', { body: { name } })).body.token as string;
const enrolled = async (name: string, replica = one): Promise<GatewayClient> => {
  const client = await connect(replica);
  await client.enrol(await tokenFor(name), name);
  return client;
};
const ready = async (name: string, replica = one): Promise<GatewayClient> => {
  const client = await enrolled(name, replica);
  await client.hello();
  return client;
};
const again = async (client: GatewayClient, replica = one): Promise<GatewayClient> => {
  const next = await client.again(replica.url);
  open.push(next);
  return next;
};
const held = (gateway: string, session?: string) =>
  heldExchange({ gateway, principal: { ...ci, owner: undefined }, ...(session && { session }) });
const auditOf = async (target: string): Promise<string[]> => {
  const { body } = await one.call('GET', `/v1/audit?target=${encodeURIComponent(target)}`);
  return (body.items as { action: string }[]).map((entry) => entry.action);
};

describe('enrolment', () => {
  test('a token becomes a gateway, which then shows up, connected', async () => {
    await ready('edge-1');
    const { body } = await one.call('GET', '/v1/gateways/edge-1');
    expect(body).toMatchObject({ name: 'edge-1', connected: true, version: '0.1.0' });
    expect(await auditOf('Gateway::edge-1')).toEqual(['gateway.enrol', 'gateway.enrolment.create']);
  });

  test('a token works once, and its second use is on record', async () => {
    const token = await tokenFor('edge-2');
    await (await connect()).enrol(token, 'edge-2');
    const thief = await connect(two);
    await expect(thief.enrol(token, 'edge-2')).rejects.toThrow('enrolment-refused');
    expect(await auditOf('Gateway::edge-2')).toContain('gateway.enrolment.replay');
  });

  test('of many uses at once one succeeds', async () => {
    const token = await tokenFor('edge-3');
    const clients = await Promise.all(Array.from({ length: 6 }, (_, n) => connect(n % 2 ? one : two)));
    const outcomes = await Promise.allSettled(clients.map((client) => client.enrol(token, 'edge-3')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('a token is for one name, and not for ever', async () => {
    const token = await tokenFor('edge-4');
    await expect((await connect()).enrol(token, 'edge-5')).rejects.toThrow('enrolment-refused');
    await one.database.query(`UPDATE gateway_enrolments SET expires_at = now() WHERE gateway = 'edge-4'`);
    await expect((await connect()).enrol(token, 'edge-4')).rejects.toThrow('enrolment-refused');
  });

  test('a private key is not taken, and the token is not spent on it', async () => {
    const client = await connect();
    const token = await tokenFor('edge-6');
    const leaked = { ...client.key.export({ format: 'jwk' }) };
    const reply = await client.request('gateway.enrol', { token, name: 'edge-6', publicKey: leaked });
    expect(reply).toMatchObject({ ok: false, code: 'invalid-key' });
    await client.enrol(token, 'edge-6');
  });

  test('only an administrator makes tokens', async () => {
    const stranger = await one.account('stranger');
    const body = { name: 'edge-7' };
    expect((await one.call('POST', '/v1/gateways/enrolments', { as: stranger, body })).status).toBe(403);
  });
});

describe('hello', () => {
  test.each<[string, (client: GatewayClient) => Record<string, unknown>]>([
    ['a proof over another nonce', (client) => ({ ...client.helloBody(), proof: Buffer.alloc(64).toString('base64') })],
    ['no proof', (client) => ({ ...client.helloBody(), proof: '' })],
    [
      'a changed credential',
      (client) => ({ ...client.helloBody(), credential: `${client.credential.slice(0, -4)}AAAA` }),
    ],
    ['an unsigned credential', (client) => ({ ...client.helloBody(), credential: unsigned(client.credential) })],
    ['a key that is not a gateway credential', (client) => ({ ...client.helloBody(), credential: one.administrator! })],
  ])('%s is refused', async (_, change) => {
    const client = await enrolled('edge-bad');
    const reply = await client.request('gateway.hello', change(client));
    expect(reply).toMatchObject({ ok: false, code: 'hello-refused' });
    expect(client.pushed('policy.published')).toEqual([]);
  });

  test('a credential is worth nothing without its key', async () => {
    const owner = await enrolled('edge-key');
    const thief = await connect();
    thief.credential = owner.credential;
    await expect(thief.hello()).rejects.toThrow('hello-refused');
  });

  test('a proof that was overheard is worth nothing on another connection', async () => {
    const owner = await enrolled('edge-replay');
    const overheard = owner.helloBody();
    const thief = await again(owner);
    expect(await thief.request('gateway.hello', overheard)).toMatchObject({ ok: false, code: 'hello-refused' });
  });

  test('an access token is no gateway credential', async () => {
    const form = { grant_type: 'client_credentials', client_secret: one.administrator! };
    const response = await fetch(`${one.url}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) });
    const { access_token: token } = (await response.json()) as { access_token: string };
    expect(token).toMatch(/^eyJ/);
    const client = await enrolled('edge-access');
    client.credential = token;
    await expect(client.hello()).rejects.toThrow('hello-refused');
  });

  test.each([
    ['a question', JSON.stringify({ v: 1, id: '1', type: 'approval.consume', body: {} })],
    ['a message of no known type', JSON.stringify({ v: 1, id: '1', type: 'what', body: {} })],
    ['text that is no envelope', 'hello'],
    ['an envelope of another version', JSON.stringify({ v: 2, id: '1', type: 'gateway.hello', body: {} })],
    ['a hello of another shape', JSON.stringify({ v: 1, id: '1', type: 'gateway.hello', body: { credential: 'x' } })],
  ])('%s before hello ends the connection', async (_, text) => {
    const client = await connect();
    client.send(text);
    await eventually(() => client.closed !== undefined);
    expect([1002, 1008]).toContain(client.closed!.code);
  });

  test('a binary frame whose lengths lie ends the connection', async () => {
    const client = await connect();
    client.socket.send(Buffer.from([0xff, 0xff, 0xff, 0xff, 0]));
    await eventually(() => client.closed !== undefined);
  });

  test('refusals run out', async () => {
    const client = await connect();
    for (let n = 0; n < 3; n += 1) await client.request('gateway.hello', client.helloBody());
    await eventually(() => client.closed !== undefined);
    expect(client.closed!.code).toBe(4401);
  });

  test('a credential is renewed on the connection', async () => {
    const client = await ready('edge-renew');
    const { credential, expiresAt } = await client.ask<{ credential: string; expiresAt: string }>('lease.renew', {});
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(3_500_000);
    const next = await again(client);
    next.credential = credential;
    expect(await next.hello()).toMatchObject({ name: 'edge-renew' });
  });

  test.each([
    ['an hour ago still opens', 3600, true],
    ['forty days ago no longer opens', 40 * 24 * 3600, false],
  ])('a credential that lapsed %s a connection, with proof of its key', async (_, agoSeconds, opens) => {
    const client = await enrolled('edge-lapsed');
    const { name, thumbprint } = (await one.app.get(GatewayCredentials).verify(client.credential))!;
    client.credential = await one.app.get(Signer).issueToken({
      type: 'gateway+jwt',
      audience: 'sallyport-gateway',
      claims: { sub: name, cnf: { jkt: thumbprint } },
      expiresInSeconds: -agoSeconds,
    });
    const reply = await client.request('gateway.hello', client.helloBody());
    expect(reply.ok).toBe(opens);
  });

  test.each([
    ['from a browser', '/gateway', { Origin: 'https://evil.example' }, 403],
    ['on another path', '/elsewhere', {}, 404],
  ])('a connection %s is refused', async (_, path, headers, status) => {
    const socket = new WebSocket(one.url.replace('http', 'ws') + path, { headers });
    socket.on('error', () => undefined);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(status);
    socket.terminate();
  });

  test('one address has only so many unproven connections', async () => {
    const waiting = await Promise.all(Array.from({ length: 8 }, () => connect()));
    await expect(GatewayClient.connect(one.url)).rejects.toThrow();
    await waiting[0]!.close();
    await eventually(async () => {
      try {
        await connect();
        return true;
      } catch {
        return false;
      }
    });
  });
});

describe('policy', () => {
  test('comes whole and signed after hello, and again when it changes on any replica', async () => {
    const client = await ready('feed-1', two);
    await eventually(() => client.pushed('policy.published').length === 1);
    const first = client.verified(client.pushed('policy.published')[0]!) as PolicySnapshot;
    expect(first).toMatchObject({ gateway: 'feed-1', maxAgeSeconds: 300 });
    await one.account('newcomer');
    await eventually(() => client.pushed('policy.published').length >= 2);
    await eventually(() => {
      const last = client.verified(client.pushed('policy.published').at(-1)!) as PolicySnapshot;
      return last.revision > first.revision && last.serviceAccounts.some((account) => account.name === 'newcomer');
    });
    const revisions = client.pushed('policy.published').map((one) => (client.verified(one) as PolicyLease).revision);
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
  });

  test('is leased well within its maximum age', async () => {
    const brief = await installation.replica({ SALLYPORT_POLICY_MAX_AGE_SECONDS: '3' });
    const client = await enrolled('lease-1', brief);
    await client.hello();
    await eventually(() => client.pushed('policy.lease').length >= 2, 3_000);
    const lease = client.verified(client.pushed('policy.lease')[0]!) as PolicyLease;
    const snapshot = client.verified(client.pushed('policy.published')[0]!) as PolicySnapshot;
    expect(lease).toMatchObject({ gateway: 'lease-1', revision: snapshot.revision });
  });

  test('a revoked identity is pushed to every gateway', async () => {
    const [here, there] = [await ready('revoke-1', one), await ready('revoke-2', two)];
    await one.account('leaver');
    await one.call('PATCH', '/v1/service-accounts/leaver', { body: { disabled: true } });
    for (const client of [here, there]) {
      await eventually(() =>
        client.pushed('identity.revoked').some((body) => body.principal === 'ServiceAccount::leaver'),
      );
    }
  });
});

describe('approvals', () => {
  test('a request held on one replica is decided on the other, and used once', async () => {
    const client = await ready('hold-1', two);
    const exchange = held('hold-1');
    await client.ask('session.opened', exchange.session);
    await client.ask('exchange.held', exchange);
    const list = await one.call('GET', '/v1/approvals?state=pending', { as: reviewer });
    expect(list.body.items.map((item: { id: string }) => item.id)).toContain(exchange.id);
    const approved = await one.call('POST', `/v1/approvals/${exchange.id}/approve`, { as: reviewer, body: {} });
    expect(approved).toMatchObject({ status: 200, body: { state: 'approved', bindingHash: exchange.bindingHash } });
    await eventually(() => client.pushed('approval.resolved').length === 1);
    expect(client.pushed('approval.resolved')).toEqual([{ approvalId: exchange.id, state: 'approved' }]);
    const claim = { approvalId: exchange.id, bindingHash: exchange.bindingHash };
    expect(await client.ask('approval.consume', claim)).toEqual({ consumed: true });
    expect(await client.ask('approval.consume', claim)).toEqual({ consumed: false });
    await client.ask('approval.outcome', { approvalId: exchange.id, outcome: 'completed', detail: 'DELETE 1' });
    const shown = await two.call('GET', `/v1/approvals/${exchange.id}`);
    expect(shown.body).toMatchObject({ state: 'consumed', outcome: 'completed', outcomeDetail: 'DELETE 1' });
  });

  test('a denial carries its comment, and needs one', async () => {
    const client = await ready('hold-2');
    const exchange = held('hold-2');
    await client.ask('exchange.held', exchange);
    const path = `/v1/approvals/${exchange.id}/deny`;
    expect((await two.call('POST', path, { as: reviewer, body: {} })).status).toBe(422);
    await two.call('POST', path, { as: reviewer, body: { comment: 'not today' } });
    await eventually(() => client.pushed('approval.resolved').length === 1);
    expect(client.pushed('approval.resolved')[0]).toMatchObject({ state: 'denied', comment: 'not today' });
    const late = await one.call('POST', `/v1/approvals/${exchange.id}/approve`, { as: reviewer, body: {} });
    expect(late).toMatchObject({ status: 409, body: { code: 'approval-not-pending' } });
  });

  test('what was decided while the gateway was away is told at hello', async () => {
    const client = await ready('hold-3');
    const exchange = held('hold-3');
    await client.ask('exchange.held', exchange);
    await client.close();
    await one.call('POST', `/v1/approvals/${exchange.id}/approve`, { as: reviewer, body: {} });
    const back = await again(client, two);
    const { resolved } = await back.hello([exchange.session.id]);
    expect(resolved).toEqual([{ approvalId: exchange.id, state: 'approved' }]);
  });

  test('a gateway that comes back without a session has lost it, and all that hung on it', async () => {
    const client = await ready('hold-4');
    const [waiting, released] = [held('hold-4'), held('hold-4')];
    for (const exchange of [waiting, released]) await client.ask('exchange.held', exchange);
    await one.call('POST', `/v1/approvals/${released.id}/approve`, { as: reviewer, body: {} });
    const claim = { approvalId: released.id, bindingHash: released.bindingHash };
    expect(await client.ask('approval.consume', claim)).toEqual({ consumed: true });
    await client.close();
    const back = await again(client);
    await back.hello([]);
    expect((await one.call('GET', `/v1/approvals/${waiting.id}`)).body).toMatchObject({ state: 'abandoned' });
    expect((await one.call('GET', `/v1/approvals/${released.id}`)).body).toMatchObject({
      state: 'consumed',
      outcome: 'unknown',
    });
    expect((await one.call('GET', `/v1/sessions/${released.session.id}`)).body).toMatchObject({ endReason: 'lost' });
    expect(await back.ask('approval.consume', claim)).toEqual({ consumed: false });
  });

  test('a gateway speaks for its own sessions and approvals only', async () => {
    const [mine, other] = [await ready('own-1'), await ready('own-2')];
    const exchange = held('own-1');
    await mine.ask('exchange.held', exchange);
    const { id } = exchange.session;
    const endedAt = new Date().toISOString();
    const claims: [string, unknown][] = [
      ['session.opened', exchange.session],
      ['session.opened', { ...exchange.session, gateway: 'own-2' }],
      ['session.closed', { sessionId: id, endedAt, reason: 'x' }],
      ['exchange.held', { ...exchange, id: randomUUID() }],
      ['exchange.held', { ...held('own-2', id), session: { ...exchange.session, gateway: 'own-2' } }],
      ['approval.consume', { approvalId: exchange.id, bindingHash: exchange.bindingHash }],
      ['approval.abandon', { approvalId: exchange.id, reason: 'x' }],
      ['approval.outcome', { approvalId: exchange.id, outcome: 'completed', detail: '' }],
    ];
    for (const [type, body] of claims) {
      const reply = await other.request(type, body);
      expect(reply).toMatchObject({ ok: false, code: expect.stringMatching(/^foreign-/) });
    }
    const segment = segmentOf(id);
    expect(await other.request('recording.segment', segment.note, segment.bytes)).toMatchObject({
      ok: false,
      code: 'foreign-session',
    });
    expect((await one.call('GET', `/v1/approvals/${exchange.id}`)).body.state).toBe('pending');
  });
});

describe('sessions and recordings', () => {
  test('a session can be listed, terminated from the other replica, and its recording read', async () => {
    const client = await ready('rec-1', two);
    const { session } = held('rec-1');
    await client.ask('session.opened', session);
    const query = `principal=${encodeURIComponent('ServiceAccount::ci')}&resource=shop&open=true`;
    const listed = await one.call('GET', `/v1/sessions?${query}`);
    expect(listed.body.items.map((item: { id: string }) => item.id)).toContain(session.id);
    const asked = await one.call('POST', `/v1/sessions/${session.id}/terminate`, { body: { reason: 'incident 7' } });
    expect(asked.status).toBe(202);
    await eventually(() => client.pushed('session.terminate').length === 1);
    expect(client.pushed('session.terminate')).toEqual([{ sessionId: session.id, reason: 'incident 7' }]);
    const { note, bytes } = segmentOf(session.id);
    await client.ask('recording.segment', note, bytes);
    await client.ask('recording.segment', note, bytes);
    await client.ask('session.closed', { sessionId: session.id, endedAt: new Date().toISOString(), reason: 'done' });
    const shown = await one.call('GET', `/v1/sessions/${session.id}`);
    expect(shown.body).toMatchObject({ open: false, endReason: 'done', recording: { segments: 1, complete: true } });
    const headers = { authorization: `Bearer ${one.administrator}` };
    const read = await fetch(`${one.url}/v1/sessions/${session.id}/recording`, { headers });
    expect(read.status).toBe(200);
    expect(read.headers.get('sallyport-recording-complete')).toBe('true');
    expect(Buffer.from(await read.arrayBuffer())).toEqual(bytes);
    const index = await one.call('GET', `/v1/sessions/${session.id}/recording/index`);
    expect(index.body.segments).toEqual([
      { index: 0, bytes: bytes.length, sha256: note.sha256, chain: note.chain, last: true },
    ]);
    expect(await auditOf(`Session::${session.id}`)).toEqual(['recording.read', 'session.terminate']);
    const twice = await one.call('POST', `/v1/sessions/${session.id}/terminate`, { body: {} });
    expect(twice).toMatchObject({ status: 409, body: { code: 'session-ended' } });
  });

  test('a segment with a decision on a very large statement is taken', async () => {
    const client = await ready('rec-3');
    const { session } = held('rec-3');
    await client.ask('session.opened', session);
    const { note, bytes } = segmentOf(session.id, Buffer.alloc(20 * 1024 * 1024, 1));
    await client.ask('recording.segment', note, bytes);
    const shown = await one.call('GET', `/v1/sessions/${session.id}`);
    expect(shown.body.recording).toMatchObject({ bytes: bytes.length, complete: true });
  }, 30_000);

  test('a recording is for those who may read it', async () => {
    const stranger = await one.account('nosy');
    const path = `/v1/sessions/${randomUUID()}/recording`;
    expect((await one.call('GET', path, { as: stranger })).status).toBe(403);
    expect((await one.call('GET', path)).status).toBe(404);
    expect((await one.call('GET', '/v1/sessions/..%2f..%2fetc')).status).toBe(422);
  });

  test('an end that was asked for while the gateway was away is told at hello', async () => {
    const client = await ready('rec-2');
    const { session } = held('rec-2');
    await client.ask('session.opened', session);
    await client.close();
    await one.call('POST', `/v1/sessions/${session.id}/terminate`, { body: {} });
    const back = await again(client);
    await back.hello([session.id]);
    await eventually(() => back.pushed('session.terminate').length === 1);
  });
});

describe('the connection', () => {
  test('an unknown or malformed message is answered, and the connection lives on', async () => {
    const client = await ready('conn-1');
    expect(await client.request('gateway.teleport', {})).toMatchObject({ ok: false, code: 'unsupported' });
    expect(await client.request('toString', {})).toMatchObject({ ok: false, code: 'unsupported' });
    expect(await client.request('gateway.hello', client.helloBody())).toMatchObject({ ok: false, code: 'unsupported' });
    expect(await client.request('approval.consume', { approvalId: 7 })).toMatchObject({ ok: false, code: 'malformed' });
    await client.ask('session.opened', held('conn-1').session);
  });

  test('a newer connection of the same gateway ends the older one, also on another replica', async () => {
    const older = await ready('conn-2', one);
    const newer = await again(older, two);
    await newer.hello();
    await eventually(() => older.closed !== undefined);
    expect(older.closed!.code).toBe(4409);
    expect(newer.closed).toBeUndefined();
  });

  test('deleting a gateway cuts it at once and refuses what it has', async () => {
    const client = await ready('conn-3', two);
    const { session } = held('conn-3');
    await client.ask('session.opened', session);
    expect((await one.call('DELETE', '/v1/gateways/conn-3')).status).toBe(204);
    await eventually(() => client.closed !== undefined, 5_000);
    expect(client.closed!.code).toBe(4403);
    await expect((await again(client)).hello()).rejects.toThrow('hello-refused');
    expect((await one.call('GET', `/v1/sessions/${session.id}`)).body.open).toBe(false);
    expect((await one.call('GET', '/v1/gateways/conn-3')).status).toBe(404);
  });

  test('who enrols a name anew has nothing of who held it before', async () => {
    const before = await ready('conn-4');
    const exchange = held('conn-4');
    await before.ask('exchange.held', exchange);
    const after = await ready('conn-4');
    await eventually(() => before.closed !== undefined);
    expect((await one.call('GET', `/v1/approvals/${exchange.id}`)).body.state).toBe('abandoned');
    expect(await after.request('session.opened', exchange.session)).toMatchObject({
      ok: false,
      code: 'foreign-session',
    });
    expect(after.closed).toBeUndefined();
  });

  test('after the event bus was away gateways say hello again', async () => {
    const client = await ready('conn-5');
    const bus = one.app.get<EventBus>(EVENT_BUS);
    let resumed = false;
    bus.subscribe(busResumed, () => (resumed = true));
    await one.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sallyport-events'`,
    );
    await eventually(() => resumed && client.closed !== undefined);
    expect(client.closed!.code).toBe(1012);
    expect(await (await again(client)).hello()).toMatchObject({ name: 'conn-5' });
  });
});

function unsigned(credential: string): string {
  const [, payload] = credential.split('.');
  const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'gateway+jwt' })).toString('base64url');
  return `${header}.${payload}.`;
}

interface Segment {
  readonly note: { readonly sha256: string; readonly chain: string };
  readonly bytes: Buffer;
}

function segmentOf(sessionId: string, frames = Buffer.from('frames')): Segment {
  const bytes = Buffer.concat([encodeSegmentHeader(sessionId, 0, initialChain(sessionId)), frames]);
  const digest = segmentDigest(bytes);
  const chain = nextChain(initialChain(sessionId), digest).toString('hex');
  const note = { sessionId, index: 0, sha256: digest.toString('hex'), chain, last: true };
  return { note, bytes };
}
