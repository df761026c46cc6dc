import { randomUUID } from 'node:crypto';
import { ApiClient } from '@sallyport/api-client';
import { watchEvent, type WatchEvent } from '@sallyport/api-contract';
import { encodeSegmentHeader, initialChain, nextChain, segmentDigest } from '@sallyport/recording';
import { eventually } from '../../testing/eventually.js';
import type { GatewayClient } from '../../testing/gateway-client.js';
import { heldOn, useFleet } from '../../testing/gateway-fleet.js';
import type { Replica } from '../../testing/replica.js';
import { watchLimits } from './session-watches.js';

const fleet = useFleet();
const watching: Watching[] = [];
afterEach(() => {
  for (const one of watching.splice(0)) one.leave();
});

/** A session of this gateway, recorded piece by piece. */
class Recorded {
  readonly id: string;
  readonly sent: Buffer[] = [];
  #chain: Buffer;

  private constructor(
    readonly gateway: GatewayClient,
    session: { readonly id: string },
  ) {
    this.id = session.id;
    this.#chain = initialChain(session.id);
  }

  static async on(gateway: GatewayClient, name: string): Promise<Recorded> {
    const { session } = heldOn(name);
    await gateway.ask('session.opened', session);
    return new Recorded(gateway, session);
  }

  async piece(text: string, last = false): Promise<void> {
    const index = this.sent.length;
    const bytes = Buffer.concat([encodeSegmentHeader(this.id, index, this.#chain), Buffer.from(text)]);
    const digest = segmentDigest(bytes);
    this.#chain = nextChain(this.#chain, digest);
    const sha256 = digest.toString('hex');
    const note = { sessionId: this.id, index, sha256, chain: this.#chain.toString('hex'), last };
    await this.gateway.ask('recording.segment', note, bytes);
    this.sent.push(bytes);
  }

  close(): Promise<unknown> {
    return this.gateway.ask('session.closed', {
      sessionId: this.id,
      endedAt: new Date().toISOString(),
      reason: 'done',
    });
  }
}

/** Somebody who watches, by the client that people use. */
class Watching {
  readonly events: WatchEvent[] = [];
  failure: unknown;
  readonly done: Promise<void>;
  readonly #client: ApiClient;

  constructor(replica: Replica, id: string, { as = fleet.one.administrator!, after = -1 } = {}) {
    this.#client = new ApiClient({ baseUrl: replica.url, token: as });
    this.done = this.#read(id, after).catch((error: unknown) => {
      this.failure = error;
    });
    watching.push(this);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.events.map((event) => Buffer.from(event.kind === 'bytes' ? event.base64 : '', 'base64')));
  }

  get end(): WatchEvent | undefined {
    return this.events.find(({ kind }) => kind === 'end');
  }

  shows(recorded: Recorded, from = 0): Promise<void> {
    return eventually(() => this.bytes.equals(Buffer.concat(recorded.sent.slice(from))), 5_000);
  }

  leave(): void {
    this.#client.close();
  }

  async #read(id: string, after: number): Promise<void> {
    const path = `/v1/sessions/${id}/watch`;
    for await (const event of this.#client.lines(path, watchEvent, { query: { after } })) this.events.push(event);
  }
}

test('a session is watched from another replica than its gateway’s, from its beginning to its end', async () => {
  const gateway = await fleet.ready('watch-1', fleet.two);
  const session = await Recorded.on(gateway, 'watch-1');
  await session.piece('before ');
  const watcher = new Watching(fleet.one, session.id);
  await watcher.shows(session);
  await eventually(() => gateway.pushed('session.watched').length > 0);
  expect(gateway.pushed('session.watched')[0]).toEqual({ sessionId: session.id, seconds: 10 });
  for (const word of ['one ', 'two ', 'x'.repeat(500_000)]) {
    await session.piece(word);
    const since = performance.now();
    await watcher.shows(session);
    // Well before it would have looked by itself.
    expect(performance.now() - since).toBeLessThan(900);
  }
  expect(watcher.end).toBeUndefined();
  await session.piece('the end', true);
  await watcher.done;
  expect(watcher.bytes).toEqual(Buffer.concat(session.sent));
  expect(watcher.events.at(-1)).toMatchObject({ kind: 'end', code: 'closed', after: 4 });
  const { body } = await fleet.two.call('GET', `/v1/audit?target=${encodeURIComponent(`Session::${session.id}`)}`);
  expect(body.items).toMatchObject([
    { action: 'session.watch', actor: 'ServiceAccount::admin', detail: { after: -1 } },
  ]);
}, 30_000);

test('the gateway is told again while somebody watches, and not after', async () => {
  const gateway = await fleet.ready('watch-2');
  const session = await Recorded.on(gateway, 'watch-2');
  const [first, second] = [new Watching(fleet.one, session.id), new Watching(fleet.two, session.id)];
  await eventually(() => gateway.pushed('session.watched').length >= 4);
  first.leave();
  second.leave();
  await Promise.all([first.done, second.done]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const told = gateway.pushed('session.watched').length;
  await new Promise((resolve) => setTimeout(resolve, 3_300));
  expect(gateway.pushed('session.watched')).toHaveLength(told);
}, 30_000);

test('a session that has ended plays out and ends at once, whole or not', async () => {
  const gateway = await fleet.ready('watch-3');
  const [whole, lost] = [await Recorded.on(gateway, 'watch-3'), await Recorded.on(gateway, 'watch-3')];
  await whole.piece('all of it', true);
  await lost.piece('half of it');
  await Promise.all([whole.close(), lost.close()]);
  const since = performance.now();
  const [one, other] = [new Watching(fleet.one, whole.id), new Watching(fleet.one, lost.id)];
  await Promise.all([one.done, other.done]);
  expect(performance.now() - since).toBeLessThan(3_000);
  expect([one.bytes, one.end]).toMatchObject([whole.sent[0], { code: 'closed' }]);
  expect([other.bytes, other.end]).toMatchObject([lost.sent[0], { code: 'incomplete' }]);
}, 30_000);

test('a watch goes on behind the segment where another one ended, and says what is missing', async () => {
  const gateway = await fleet.ready('watch-4');
  const session = await Recorded.on(gateway, 'watch-4');
  await session.piece('one');
  await session.piece('two');
  const watcher = new Watching(fleet.one, session.id, { after: 0 });
  await watcher.shows(session, 1);
  const before = session.sent.length;
  await fleet.one.database.query('DELETE FROM recording_segments WHERE session_id = $1 AND index = 0', [session.id]);
  await session.piece('three', true);
  await watcher.shows(session, 1);
  const gap = new Watching(fleet.one, session.id);
  await gap.done;
  expect(gap.events[0]).toEqual({ kind: 'missing', segments: 1 });
  expect(gap.bytes).toEqual(Buffer.concat(session.sent.slice(before - 1)));
}, 30_000);

test('bytes that changed on disk are not shown', async () => {
  const gateway = await fleet.ready('watch-5');
  const session = await Recorded.on(gateway, 'watch-5');
  await session.piece('true');
  await fleet.one.database.query(`UPDATE recording_segments SET sha256 = $2 WHERE session_id = $1`, [
    session.id,
    'a'.repeat(64),
  ]);
  const watcher = new Watching(fleet.one, session.id);
  await watcher.done;
  expect(watcher.events).toMatchObject([{ kind: 'end', code: 'failed' }]);
}, 30_000);

test('ID-08: a watch ends when the watcher’s key does', async () => {
  const gateway = await fleet.ready('watch-6');
  const session = await Recorded.on(gateway, 'watch-6');
  const as = await fleet.one.account('onlooker', 'auditors');
  const watcher = new Watching(fleet.one, session.id, { as });
  await session.piece('seen');
  await watcher.shows(session);
  await fleet.two.call('PATCH', '/v1/service-accounts/onlooker', { body: { disabled: true } });
  await eventually(() => watcher.end !== undefined, 7_000);
  expect(watcher.end).toMatchObject({ code: 'refused', after: 0 });
  const seen = watcher.bytes;
  await session.piece('not seen');
  expect(watcher.bytes).toEqual(seen);
}, 30_000);

test('there is a limit to watchers, and a place that is left is free', async () => {
  const gateway = await fleet.ready('watch-7');
  const session = await Recorded.on(gateway, 'watch-7');
  await session.piece('x');
  const watchers = Array.from({ length: watchLimits.perSession }, () => new Watching(fleet.one, session.id));
  await Promise.all(watchers.map((watcher) => watcher.shows(session)));
  const refused = await fleet.one.call('GET', `/v1/sessions/${session.id}/watch`);
  expect(refused).toMatchObject({ status: 429, body: { code: 'too-many-watchers' } });
  expect(refused.headers.get('retry-after')).toBe('5');
  watchers[0]!.leave();
  await eventually(async () => {
    const next = new Watching(fleet.one, session.id);
    await Promise.race([next.done, next.shows(session)]);
    return next.failure === undefined;
  });
}, 30_000);

test('a replica that stops says so, and another goes on', async () => {
  const gateway = await fleet.ready('watch-8');
  const session = await Recorded.on(gateway, 'watch-8');
  await session.piece('one');
  const brief = await fleet.installation.replica({ SALLYPORT_WORKER: 'none' });
  const watcher = new Watching(brief, session.id);
  await watcher.shows(session);
  await brief.app.close();
  await watcher.done;
  expect([watcher.failure, watcher.end]).toMatchObject([undefined, { code: 'stopping', after: 0 }]);
  const next = new Watching(fleet.one, session.id, { after: 0 });
  await session.piece('two', true);
  await next.done;
  expect(next.bytes).toEqual(session.sent[1]);
}, 30_000);

test('what cannot be watched is refused before anything is on record', async () => {
  const unknown = randomUUID();
  expect(await fleet.one.call('GET', `/v1/sessions/${unknown}/watch`)).toMatchObject({ status: 404 });
  expect(await fleet.one.call('GET', '/v1/sessions/none/watch')).toMatchObject({ status: 422 });
  expect(await fleet.one.call('GET', `/v1/sessions/${unknown}/watch?after=x`)).toMatchObject({ status: 422 });
  const gateway = await fleet.ready('watch-9');
  const session = await Recorded.on(gateway, 'watch-9');
  expect(await fleet.one.call('HEAD', `/v1/sessions/${session.id}/watch`)).toMatchObject({ status: 200, text: '' });
  expect(await fleet.auditOf(`Session::${unknown}`)).toEqual([]);
  expect(await fleet.auditOf(`Session::${session.id}`)).toEqual([]);
}, 30_000);
