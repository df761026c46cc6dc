import { type DevIssuer, startDevIssuer } from '@sallyport/dev-issuer';
import { eventually } from '../../testing/eventually.js';
import {
  postForm,
  providerManifest,
  providerSecret,
  publicUrl,
  refresh,
  startIssuer,
  Visitor,
  whoami,
} from '../../testing/people.js';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';
import { EVENT_BUS, type EventBus } from '../../platform/events/event-bus.js';
import { SNAPSHOT_SOURCE, type SnapshotSource } from '../gateways/snapshot-source.js';
import { LoginsQueue } from './logins.queue.js';

let installation: TestInstallation;
let replica: Replica;
let issuer: DevIssuer;
const revoked: unknown[] = [];
const dana = { sub: 'dana-1', name: 'Dana', groups: ['engineers'] };
const robin = { sub: 'robin-2', name: 'Robin', groups: [] };

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  issuer = await startIssuer([dana, robin]);
  replica.app.get<EventBus>(EVENT_BUS).subscribe('identity.revoked', (payload) => revoked.push(payload));
}, 60_000);
beforeEach(async () => {
  issuer.setUsers([dana, robin]);
  await apply(
    providerManifest('dev', issuer),
    { kind: 'User', name: 'dana', spec: { identities: [{ issuer: 'dev', subject: 'dana-1' }], disabled: false } },
    { kind: 'User', name: 'robin', spec: { identities: [{ issuer: 'dev', subject: 'robin-2' }] } },
    { kind: 'Group', name: 'eng', spec: { claims: [{ issuer: 'dev', claim: 'groups', equals: 'engineers' }] } },
  );
  revoked.length = 0;
});
afterAll(async () => {
  await issuer.close();
  await installation.stop();
});

async function apply(...body: object[]): Promise<void> {
  const { status, text } = await replica.call('PUT', '/v1/manifests', { body });
  if (status !== 200) throw new Error(text);
}
const snapshot = () => replica.app.get<SnapshotSource>(SNAPSHOT_SOURCE, { strict: false }).build('local');
const standing = async (user: string) => (await snapshot()).users.find(({ name }) => name === user)?.logins.length ?? 0;
const signIn = (sub = 'dana-1') => new Visitor(replica).tokens(sub);

async function expectEnded(tokens: { access_token: string; refresh_token: string }): Promise<void> {
  expect(await whoami(replica, tokens.access_token)).toBe(401);
  expect((await refresh(replica, tokens.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
}

test('ID-08: disabling a user ends their logins at once, and for good', async () => {
  const tokens = await signIn();
  const before = (await snapshot()).revision;
  const { status } = await replica.call('PATCH', '/v1/users/dana', { body: { disabled: true } });
  expect(status).toBe(200);
  await expectEnded(tokens);
  const { revision, users } = await snapshot();
  expect(revision).toBeGreaterThan(before);
  expect(users.find(({ name }) => name === 'dana')).toMatchObject({ disabled: true, logins: [] });
  await eventually(() => revoked.length > 0);
  expect(revoked).toContainEqual({ principal: 'User::dana', revision: expect.any(Number) });
  const refused = await new Visitor(replica).signIn('dana-1');
  expect(refused.get('error')).toBe('access_denied');
  await replica.call('PATCH', '/v1/users/dana', { body: { disabled: false } });
  expect(await whoami(replica, tokens.access_token)).toBe(401);
});

test('ID-08: deleting a user ends them too, and their name proves nothing when it is made again', async () => {
  const tokens = await signIn('robin-2');
  await replica.call('DELETE', '/v1/users/robin');
  await expectEnded(tokens);
  await eventually(() => revoked.length > 0);
  expect(revoked).toContainEqual({ principal: 'User::robin', revision: expect.any(Number) });
  await apply({ kind: 'User', name: 'robin', spec: { identities: [{ issuer: 'dev', subject: 'robin-2' }] } });
  await expectEnded(tokens);
});

test('an identity that is taken from a user takes its logins with it', async () => {
  const tokens = await signIn();
  await replica.call('PATCH', '/v1/users/dana', { body: { identities: [{ issuer: 'dev', subject: 'other' }] } });
  await expectEnded(tokens);
});

test('so does a provider that goes, or that is another one under its name', async () => {
  const first = await signIn();
  expect((await replica.call('DELETE', '/v1/identity-providers/dev')).status).toBe(204);
  await expectEnded(first);
  await apply(providerManifest('dev', issuer));
  const second = await signIn();
  await apply(providerManifest('dev', issuer, { issuer: 'https://login.example' }));
  await expectEnded(second);
});

test('ID-08: a group that the newest login did not give is lost to the older ones', async () => {
  const first = await signIn();
  expect(await whoami(replica, first.access_token)).toMatchObject({ groups: ['eng'] });
  issuer.setUsers([{ ...dana, groups: [] }]);
  const second = await signIn();
  for (const { access_token: token } of [first, second]) {
    expect(await whoami(replica, token)).toMatchObject({ principal: 'User::dana', groups: [] });
  }
  const groups = (await snapshot()).users.find(({ name }) => name === 'dana')!.logins.map((login) => login.groups);
  expect(groups.flat()).toEqual([]);
});

test('ID-08: a rule that its group loses puts nobody there any more', async () => {
  const { access_token: token } = await signIn();
  await apply({ kind: 'Group', name: 'eng', spec: { claims: [] } });
  expect(await whoami(replica, token)).toMatchObject({ groups: [] });
  expect((await snapshot()).users.find(({ name }) => name === 'dana')!.logins[0]!.groups).toEqual([]);
});

test('people see and end their own logins, administrators all of them', async () => {
  const [own, other] = [await signIn(), await signIn('robin-2')];
  const logins = async (as?: string) =>
    (await replica.call('GET', '/v1/logins', as ? { as } : {})).body.items as Login[];
  interface Login {
    id: string;
    user: string;
    endedAt: string | null;
  }
  const mine = await logins(own.access_token);
  expect(new Set(mine.map(({ user }) => user))).toEqual(new Set(['dana']));
  expect(new Set((await logins()).map(({ user }) => user))).toEqual(new Set(['dana', 'robin']));
  const theirs = (await logins(other.access_token)).find(({ endedAt }) => endedAt === null)!;
  const path = `/v1/logins/${theirs.id}`;
  expect((await replica.call('DELETE', path, { as: own.access_token })).status).toBe(404);
  expect(await whoami(replica, other.access_token)).toMatchObject({ principal: 'User::robin' });
  expect((await replica.call('DELETE', path)).status).toBe(204);
  await expectEnded(other);
  await eventually(() => revoked.length > 0);
  expect(revoked).toContainEqual({
    principal: 'User::robin',
    credentialId: `login:${theirs.id}`,
    revision: expect.any(Number),
  });
  expect((await replica.call('POST', '/auth/logout', { as: own.access_token })).status).toBe(204);
  await expectEnded(own);
});

test('a list of logins goes on where its page ended', async () => {
  await Promise.all([signIn(), signIn(), signIn()]);
  const seen: string[] = [];
  for (let next: string | null = ''; next !== null;) {
    const query: string = next === '' ? '' : `&cursor=${next}`;
    const { body } = await replica.call('GET', `/v1/logins?limit=2${query}`);
    seen.push(...(body.items as { id: string }[]).map(({ id }) => id));
    next = body.next as string | null;
  }
  const [{ count }] = await replica.database.query('SELECT count(*)::integer AS count FROM logins');
  expect(new Set(seen).size).toBe(count);
  expect(seen).toHaveLength(count);
});

test('a login that is over proves nobody, whether or not somebody has swept', async () => {
  const tokens = await signIn();
  await replica.database.query(`UPDATE logins SET expires_at = now() WHERE ended_at IS NULL`);
  await expectEnded(tokens);
  expect(await standing('dana')).toBe(0);
  await replica.database.query(`UPDATE logins SET expires_at = now() - interval '31 days'`);
  await replica.app.get(LoginsQueue, { strict: false }).sweep();
  expect(await replica.database.query('SELECT 1 FROM logins')).toEqual([]);
});

describe('back-channel logout', () => {
  const send = (token: string, provider = 'dev') =>
    postForm(replica, `/auth/backchannel/${provider}`, { logout_token: token });

  test('ID-08: ends the logins of the subject, and no others', async () => {
    const [gone, stays] = [await signIn(), await signIn('robin-2')];
    expect((await send(await issuer.logoutToken('sallyport', { sub: 'dana-1' }))).status).toBe(200);
    await expectEnded(gone);
    expect(await whoami(replica, stays.access_token)).toMatchObject({ principal: 'User::robin' });
    await eventually(() => revoked.length > 0);
    expect(revoked).toEqual([
      { principal: 'User::dana', credentialId: expect.stringMatching(/^login:/), revision: expect.any(Number) },
    ]);
  });

  test('ID-08: the provider’s own word, when a session there ends', async () => {
    const client = { id: 'sallyport', secret: providerSecret, redirectUris: [`${publicUrl}/auth/callback`] };
    const own = await startDevIssuer({
      users: [dana],
      clients: [{ ...client, backchannelLogoutUri: `${replica.url}/auth/backchannel/own` }],
    });
    await apply(providerManifest('own', own));
    const visitor = new Visitor(replica);
    const tokens = await visitor.tokens('dana-1', { provider: 'own' });
    const page = await visitor.browser.get(`${own.issuer}/session/end`);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)![1]!;
    await visitor.browser.post(`${own.issuer}/session/end/confirm`, { xsrf, logout: 'yes' });
    await eventually(async () => (await whoami(replica, tokens.access_token)) === 401);
    await own.close();
    await replica.call('DELETE', '/v1/identity-providers/own');
  });

  test('a session that is named ends alone', async () => {
    const [one, two] = [await signIn(), await signIn()];
    const [first] = await replica.database.query(
      `UPDATE logins SET idp_session = 's-' || id WHERE ended_at IS NULL AND user_name = 'dana' RETURNING id`,
    );
    const sid = `s-${(first as { id: string }[])[0]!.id}`;
    expect((await send(await issuer.logoutToken('sallyport', { sub: 'dana-1', sid }))).status).toBe(200);
    const still = await Promise.all([one, two].map(({ access_token: token }) => whoami(replica, token)));
    expect(still.filter((answer) => answer === 401)).toHaveLength(1);
  });

  test('a token counts once', async () => {
    const token = await issuer.logoutToken('sallyport', { sub: 'dana-1' });
    expect((await send(token)).status).toBe(200);
    const tokens = await signIn();
    expect((await send(token)).status).toBe(400);
    expect(await whoami(replica, tokens.access_token)).toMatchObject({ principal: 'User::dana' });
  });

  const about = { sub: 'dana-1' };
  const event = 'http://schemas.openid.net/event/backchannel-logout';
  test.each<[string, () => Promise<string> | string]>([
    ['for another client', () => issuer.logoutToken('another', about)],
    ['of another issuer', () => issuer.logoutToken('sallyport', about, { iss: 'https://attacker.example' })],
    ['with a nonce: an id_token', () => issuer.logoutToken('sallyport', about, { nonce: 'n' })],
    ['without the event', () => issuer.logoutToken('sallyport', about, { events: {} })],
    ['whose event is no object', () => issuer.logoutToken('sallyport', about, { events: { [event]: true } })],
    ['about nobody', () => issuer.logoutToken('sallyport', {})],
    ['of long ago', () => issuer.logoutToken('sallyport', about, { iat: Math.floor(Date.now() / 1000) - 3600 })],
    ['without an id', () => issuer.logoutToken('sallyport', about, { jti: undefined })],
    [
      'of another type',
      () => issuer.issueToken({ aud: 'sallyport', ...about, events: { [event]: {} } }, { type: 'at+jwt' }),
    ],
    ['that is no token', () => 'not-a-token'],
  ])('one %s ends nothing', async (_, token) => {
    const tokens = await signIn();
    expect((await send(await token())).status).toBe(400);
    expect((await send(await issuer.logoutToken('sallyport', about), 'unknown')).status).toBe(400);
    expect(await whoami(replica, tokens.access_token)).toMatchObject({ principal: 'User::dana' });
  });

  test('ID-06: a key that has left the set signs nothing that counts; a new one is found', async () => {
    const old = await issuer.logoutToken('sallyport', about);
    await issuer.rotateKeys();
    const tokens = await signIn();
    await new Promise((resolve) => setTimeout(resolve, 5_100));
    expect((await send(await issuer.logoutToken('sallyport', { sub: 'robin-2' }))).status).toBe(200);
    expect((await send(old)).status).toBe(400);
    expect(await whoami(replica, tokens.access_token)).toMatchObject({ principal: 'User::dana' });
  }, 20_000);
});
