import { randomUUID } from 'node:crypto';
import type { PolicyLease, PolicySnapshot } from '@sallyport/gateway-contract';
import { busResumed, EVENT_BUS, type EventBus } from '../../platform/events/event-bus.js';
import { eventually } from '../../testing/eventually.js';
import { heldOn, segmentOf, useFleet } from '../../testing/gateway-fleet.js';

const fleet = useFleet();

describe('policy', () => {
  test('CP-03: comes whole and signed after hello, and again when it changes on any replica', async () => {
    const client = await fleet.ready('feed-1', fleet.two);
    await eventually(() => client.pushed('policy.published').length === 1);
    const first = client.verified(client.pushed('policy.published')[0]!) as PolicySnapshot;
    expect(first).toMatchObject({ gateway: 'feed-1', maxAgeSeconds: 300 });
    await fleet.one.account('newcomer');
    await eventually(() => client.pushed('policy.published').length >= 2);
    await eventually(() => {
      const last = client.verified(client.pushed('policy.published').at(-1)!) as PolicySnapshot;
      return last.revision > first.revision && last.serviceAccounts.some((account) => account.name === 'newcomer');
    });
    const revisions = client.pushed('policy.published').map((sent) => (client.verified(sent) as PolicyLease).revision);
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
  });

  test('is leased well within its maximum age', async () => {
    const brief = await fleet.installation.replica({ SALLYPORT_POLICY_MAX_AGE_SECONDS: '3' });
    const client = await fleet.enrolled('lease-1', brief);
    await client.hello();
    await eventually(() => client.pushed('policy.lease').length >= 2, 3_000);
    const lease = client.verified(client.pushed('policy.lease')[0]!) as PolicyLease;
    const snapshot = client.verified(client.pushed('policy.published')[0]!) as PolicySnapshot;
    expect(lease).toMatchObject({ gateway: 'lease-1', revision: snapshot.revision });
  });

  test('ID-08: a revoked identity is pushed to every gateway', async () => {
    const [here, there] = [await fleet.ready('revoke-1', fleet.one), await fleet.ready('revoke-2', fleet.two)];
    await fleet.one.account('leaver');
    await fleet.one.call('PATCH', '/v1/service-accounts/leaver', { body: { disabled: true } });
    for (const client of [here, there]) {
      await eventually(() =>
        client.pushed('identity.revoked').some((body) => body.principal === 'ServiceAccount::leaver'),
      );
    }
  });
});

describe('approvals', () => {
  test('AP-03: a request held on one replica is decided on the other, and used once', async () => {
    const client = await fleet.ready('hold-1', fleet.two);
    const exchange = heldOn('hold-1');
    await client.ask('session.opened', exchange.session);
    await client.ask('exchange.held', exchange);
    const list = await fleet.one.call('GET', '/v1/approvals?state=pending', { as: fleet.reviewer });
    expect(list.body.items.map((item: { id: string }) => item.id)).toContain(exchange.id);
    const approved = await fleet.one.call('POST', `/v1/approvals/${exchange.id}/approve`, {
      as: fleet.reviewer,
      body: {},
    });
    expect(approved).toMatchObject({ status: 200, body: { state: 'approved', bindingHash: exchange.bindingHash } });
    await eventually(() => client.pushed('approval.resolved').length === 1);
    expect(client.pushed('approval.resolved')).toEqual([{ approvalId: exchange.id, state: 'approved' }]);
    const claim = { approvalId: exchange.id, bindingHash: exchange.bindingHash };
    expect(await client.ask('approval.consume', claim)).toEqual({ consumed: true });
    expect(await client.ask('approval.consume', claim)).toEqual({ consumed: false });
    await client.ask('approval.outcome', { approvalId: exchange.id, outcome: 'completed', detail: 'DELETE 1' });
    const shown = await fleet.two.call('GET', `/v1/approvals/${exchange.id}`);
    expect(shown.body).toMatchObject({ state: 'consumed', outcome: 'completed', outcomeDetail: 'DELETE 1' });
  });

  test('a denial carries its comment, and needs one', async () => {
    const client = await fleet.ready('hold-2');
    const exchange = heldOn('hold-2');
    await client.ask('exchange.held', exchange);
    const path = `/v1/approvals/${exchange.id}/deny`;
    expect((await fleet.two.call('POST', path, { as: fleet.reviewer, body: {} })).status).toBe(422);
    await fleet.two.call('POST', path, { as: fleet.reviewer, body: { comment: 'not today' } });
    await eventually(() => client.pushed('approval.resolved').length === 1);
    expect(client.pushed('approval.resolved')[0]).toMatchObject({ state: 'denied', comment: 'not today' });
    const late = await fleet.one.call('POST', `/v1/approvals/${exchange.id}/approve`, { as: fleet.reviewer, body: {} });
    expect(late).toMatchObject({ status: 409, body: { code: 'approval-not-pending' } });
  });

  test('what was decided while the gateway was away is told at hello', async () => {
    const client = await fleet.ready('hold-3');
    const exchange = heldOn('hold-3');
    await client.ask('exchange.held', exchange);
    await client.close();
    await fleet.one.call('POST', `/v1/approvals/${exchange.id}/approve`, { as: fleet.reviewer, body: {} });
    const back = await fleet.again(client, fleet.two);
    const { resolved } = await back.hello([exchange.session.id]);
    expect(resolved).toEqual([{ approvalId: exchange.id, state: 'approved' }]);
  });

  test('AP-08: a gateway that comes back without a session has lost it, and all that hung on it', async () => {
    const client = await fleet.ready('hold-4');
    const [waiting, released] = [heldOn('hold-4'), heldOn('hold-4')];
    for (const exchange of [waiting, released]) await client.ask('exchange.held', exchange);
    await fleet.one.call('POST', `/v1/approvals/${released.id}/approve`, { as: fleet.reviewer, body: {} });
    const claim = { approvalId: released.id, bindingHash: released.bindingHash };
    expect(await client.ask('approval.consume', claim)).toEqual({ consumed: true });
    await client.close();
    const back = await fleet.again(client);
    await back.hello([]);
    expect((await fleet.one.call('GET', `/v1/approvals/${waiting.id}`)).body).toMatchObject({ state: 'abandoned' });
    expect((await fleet.one.call('GET', `/v1/approvals/${released.id}`)).body).toMatchObject({
      state: 'consumed',
      outcome: 'unknown',
    });
    expect((await fleet.one.call('GET', `/v1/sessions/${released.session.id}`)).body).toMatchObject({
      endReason: 'lost',
    });
    expect(await back.ask('approval.consume', claim)).toEqual({ consumed: false });
  });

  test('CP-02: a gateway speaks for its own sessions and approvals only', async () => {
    const [mine, other] = [await fleet.ready('own-1'), await fleet.ready('own-2')];
    const exchange = heldOn('own-1');
    await mine.ask('exchange.held', exchange);
    const { id } = exchange.session;
    const endedAt = new Date().toISOString();
    const claims: [string, unknown][] = [
      ['session.opened', exchange.session],
      ['session.opened', { ...exchange.session, gateway: 'own-2' }],
      ['session.closed', { sessionId: id, endedAt, reason: 'x' }],
      ['exchange.held', { ...exchange, id: randomUUID() }],
      ['exchange.held', { ...heldOn('own-2', id), session: { ...exchange.session, gateway: 'own-2' } }],
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
    expect((await fleet.one.call('GET', `/v1/approvals/${exchange.id}`)).body.state).toBe('pending');
  });
});

describe('sessions and recordings', () => {
  test('a session can be listed, terminated from the other replica, and its recording read', async () => {
    const client = await fleet.ready('rec-1', fleet.two);
    const { session } = heldOn('rec-1');
    await client.ask('session.opened', session);
    const query = `principal=${encodeURIComponent('ServiceAccount::ci')}&resource=shop&open=true`;
    const listed = await fleet.one.call('GET', `/v1/sessions?${query}`);
    expect(listed.body.items.map((item: { id: string }) => item.id)).toContain(session.id);
    const asked = await fleet.one.call('POST', `/v1/sessions/${session.id}/terminate`, {
      body: { reason: 'incident 7' },
    });
    expect(asked.status).toBe(202);
    await eventually(() => client.pushed('session.terminate').length === 1);
    expect(client.pushed('session.terminate')).toEqual([{ sessionId: session.id, reason: 'incident 7' }]);
    const { note, bytes } = segmentOf(session.id);
    await client.ask('recording.segment', note, bytes);
    await client.ask('recording.segment', note, bytes);
    await client.ask('session.closed', { sessionId: session.id, endedAt: new Date().toISOString(), reason: 'done' });
    const shown = await fleet.one.call('GET', `/v1/sessions/${session.id}`);
    expect(shown.body).toMatchObject({ open: false, endReason: 'done', recording: { segments: 1, complete: true } });
    const headers = { authorization: `Bearer ${fleet.one.administrator}` };
    const read = await fetch(`${fleet.one.url}/v1/sessions/${session.id}/recording`, { headers });
    expect(read.status).toBe(200);
    expect(read.headers.get('sallyport-recording-complete')).toBe('true');
    expect(Buffer.from(await read.arrayBuffer())).toEqual(bytes);
    const index = await fleet.one.call('GET', `/v1/sessions/${session.id}/recording/index`);
    expect(index.body.segments).toEqual([
      { index: 0, bytes: bytes.length, sha256: note.sha256, chain: note.chain, last: true },
    ]);
    expect(await fleet.auditOf(`Session::${session.id}`)).toEqual(['recording.read', 'session.terminate']);
    const twice = await fleet.one.call('POST', `/v1/sessions/${session.id}/terminate`, { body: {} });
    expect(twice).toMatchObject({ status: 409, body: { code: 'session-ended' } });
  });

  test('a segment with a decision on a very large statement is taken', async () => {
    const client = await fleet.ready('rec-3');
    const { session } = heldOn('rec-3');
    await client.ask('session.opened', session);
    const { note, bytes } = segmentOf(session.id, Buffer.alloc(20 * 1024 * 1024, 1));
    await client.ask('recording.segment', note, bytes);
    const shown = await fleet.one.call('GET', `/v1/sessions/${session.id}`);
    expect(shown.body.recording).toMatchObject({ bytes: bytes.length, complete: true });
  }, 30_000);

  test('ID-23: a recording is for those who may read it', async () => {
    const stranger = await fleet.one.account('nosy');
    const path = `/v1/sessions/${randomUUID()}/recording`;
    expect((await fleet.one.call('GET', path, { as: stranger })).status).toBe(403);
    expect((await fleet.one.call('GET', path)).status).toBe(404);
    expect((await fleet.one.call('GET', '/v1/sessions/..%2f..%2fetc')).status).toBe(422);
  });

  test('an end that was asked for while the gateway was away is told at hello', async () => {
    const client = await fleet.ready('rec-2');
    const { session } = heldOn('rec-2');
    await client.ask('session.opened', session);
    await client.close();
    await fleet.one.call('POST', `/v1/sessions/${session.id}/terminate`, { body: {} });
    const back = await fleet.again(client);
    await back.hello([session.id]);
    await eventually(() => back.pushed('session.terminate').length === 1);
  });
});

describe('the connection', () => {
  test('an unknown or malformed message is answered, and the connection lives on', async () => {
    const client = await fleet.ready('conn-1');
    expect(await client.request('gateway.teleport', {})).toMatchObject({ ok: false, code: 'unsupported' });
    expect(await client.request('toString', {})).toMatchObject({ ok: false, code: 'unsupported' });
    expect(await client.request('gateway.hello', client.helloBody())).toMatchObject({ ok: false, code: 'unsupported' });
    expect(await client.request('approval.consume', { approvalId: 7 })).toMatchObject({ ok: false, code: 'malformed' });
    await client.ask('session.opened', heldOn('conn-1').session);
  });

  test('a newer connection of the same gateway ends the older one, also on another replica', async () => {
    const older = await fleet.ready('conn-2', fleet.one);
    const newer = await fleet.again(older, fleet.two);
    await newer.hello();
    await eventually(() => older.closed !== undefined);
    expect(older.closed!.code).toBe(4409);
    expect(newer.closed).toBeUndefined();
  });

  test('CP-02: deleting a gateway cuts it at once and refuses what it has', async () => {
    const client = await fleet.ready('conn-3', fleet.two);
    const { session } = heldOn('conn-3');
    await client.ask('session.opened', session);
    expect((await fleet.one.call('DELETE', '/v1/gateways/conn-3')).status).toBe(204);
    await eventually(() => client.closed !== undefined, 5_000);
    expect(client.closed!.code).toBe(4403);
    await expect((await fleet.again(client)).hello()).rejects.toThrow('hello-refused');
    expect((await fleet.one.call('GET', `/v1/sessions/${session.id}`)).body.open).toBe(false);
    expect((await fleet.one.call('GET', '/v1/gateways/conn-3')).status).toBe(404);
  });

  test('CP-02: who enrols a name anew has nothing of who held it before', async () => {
    const before = await fleet.ready('conn-4');
    const exchange = heldOn('conn-4');
    await before.ask('exchange.held', exchange);
    const after = await fleet.ready('conn-4');
    await eventually(() => before.closed !== undefined);
    expect((await fleet.one.call('GET', `/v1/approvals/${exchange.id}`)).body.state).toBe('abandoned');
    expect(await after.request('session.opened', exchange.session)).toMatchObject({
      ok: false,
      code: 'foreign-session',
    });
    expect(after.closed).toBeUndefined();
  });

  test('after the event bus was away gateways say hello again', async () => {
    const client = await fleet.ready('conn-5');
    const bus = fleet.one.app.get<EventBus>(EVENT_BUS);
    let resumed = false;
    bus.subscribe(busResumed, () => (resumed = true));
    await fleet.one.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sallyport-events'`,
    );
    await eventually(() => resumed && client.closed !== undefined);
    expect(client.closed!.code).toBe(1012);
    expect(await (await fleet.again(client)).hello()).toMatchObject({ name: 'conn-5' });
  });
});
