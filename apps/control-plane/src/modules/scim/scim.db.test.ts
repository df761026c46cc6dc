import type { DevIssuer } from '@sallyport/dev-issuer';
import { EVENT_BUS, type EventBus } from '../../platform/events/event-bus.js';
import { eventually } from '../../testing/eventually.js';
import { providerManifest, refresh, startIssuer, Visitor, whoami } from '../../testing/people.js';
import type { Answer, Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';

let installation: TestInstallation;
let replica: Replica;
let issuer: DevIssuer;
let directory: string;
const events: unknown[] = [];

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  issuer = await startIssuer([{ sub: '00u1', name: 'Alice', email: 'alice@example.com', groups: [] }]);
  const cedar = ['read', 'create', 'update', 'delete']
    .map(
      (verb) =>
        `permit (principal in Group::"directory", action == Api::Action::"${verb}", resource == Api::Collection::"users");`,
    )
    .concat(
      'permit (principal in Group::"directory", action == Api::Action::"read", resource == Api::Collection::"groups");',
    )
    .join('\n');
  const { status, text } = await replica.call('PUT', '/v1/manifests', {
    body: [
      providerManifest('corp', issuer),
      providerManifest('other', issuer),
      { kind: 'Policy', name: 'directory', spec: { cedar } },
    ],
  });
  if (status !== 200) throw new Error(text);
  directory = await replica.account('okta', 'directory');
  const bus = replica.app.get<EventBus>(EVENT_BUS, { strict: false });
  bus.subscribe('identity.revoked', (payload) => events.push(payload));
}, 60_000);
afterAll(async () => {
  await issuer.close();
  await installation.stop();
});

interface AuditEntry {
  readonly actor: string;
  readonly action: string;
  readonly detail: { readonly before: unknown; readonly after: unknown };
}
interface Sent {
  readonly provider?: string;
  readonly as?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}
function scim(
  method: string,
  path: string,
  body?: unknown,
  { provider = 'corp', as = directory, headers }: Sent = {},
): Promise<Answer> {
  return replica.call(method, `/scim/v2/${provider}${path}`, {
    as,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    headers: { ...(body !== undefined && { 'content-type': 'application/scim+json' }), ...headers },
  });
}
const patch = (id: string, ...Operations: object[]) =>
  scim('PATCH', `/Users/${id}`, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });
const person = (n: number | string, more: object = {}) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  userName: `user-${n}@example.com`,
  externalId: `sub-${n}`,
  name: { givenName: 'User', familyName: String(n) },
  emails: [{ primary: true, value: `user-${n}@example.com`, type: 'work' }],
  active: true,
  ...more,
});
const made = async (n: number | string, more: object = {}): Promise<string> => {
  const answer = await scim('POST', '/Users', person(n, more));
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body.id as string;
};
const stored = async (id: string) => (await replica.call('GET', `/v1/users/${id}`)).body;

test('a person is made, read, found by userName and by externalId', async () => {
  const { status, body, headers } = await scim('POST', '/Users', person(1));
  expect(status).toBe(201);
  expect(headers.get('content-type')).toMatch(/^application\/scim\+json/);
  expect(body).toMatchObject({
    ...{ externalId: 'sub-1', userName: 'user-1@example.com', displayName: 'User 1', active: true },
    emails: [{ value: 'user-1@example.com', type: 'work', primary: true }],
    meta: { resourceType: 'User', location: `https://sallyport.test/scim/v2/corp/Users/${body.id}` },
  });
  expect([headers.get('location'), headers.get('etag')]).toEqual([body.meta.location, body.meta.version]);
  expect((await scim('GET', `/Users/${body.id}`)).body).toEqual(body);
  for (const filter of ['userName eq "USER-1@example.com"', 'externalId eq "sub-1"']) {
    const found = (await scim('GET', `/Users?filter=${encodeURIComponent(filter)}`)).body;
    expect(found).toMatchObject({ totalResults: 1, startIndex: 1, itemsPerPage: 1, Resources: [body] });
  }
  const none = await scim('GET', `/Users?filter=${encodeURIComponent('externalId eq "SUB-1"')}`);
  expect(none.body).toMatchObject({ totalResults: 0, Resources: [] });
  expect(await stored(body.id)).toMatchObject({ identities: [{ issuer: 'corp', subject: 'sub-1' }], disabled: false });
});

test('ID-25: nothing that a directory sends makes a person more than a person', async () => {
  const id = await made('mass', {
    ...{ id: 'admin', disabled: false, roles: ['admin'], groups: [{ value: 'admins' }], origin: 'manifest' },
    identities: [{ issuer: 'other', subject: 'sub-9' }],
  });
  expect(id).not.toBe('admin');
  await patch(id, { op: 'add', value: { groups: ['admins'], identities: [{ issuer: 'other', subject: 'sub-9' }] } });
  expect((await stored(id)).identities).toEqual([{ issuer: 'corp', subject: 'sub-mass' }]);
});

test('ID-25: the people of another provider do not exist', async () => {
  const id = await made('mine');
  const elsewhere = { provider: 'other' };
  for (const answer of [
    await scim('GET', `/Users/${id}`, undefined, elsewhere),
    await scim('PUT', `/Users/${id}`, person('mine'), elsewhere),
    await scim('PATCH', `/Users/${id}`, { Operations: [{ op: 'replace', value: { active: false } }] }, elsewhere),
    await scim('DELETE', `/Users/${id}`, undefined, elsewhere),
    await scim('GET', '/Users', undefined, { provider: 'nobody' }),
    await scim('GET', '/Users/admin'),
    await scim('GET', '/Users/%00'),
    await scim('GET', '/Users', undefined, { provider: '%00' }),
  ]) {
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({ schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '404' });
  }
  expect((await scim('GET', '/Users', undefined, elsewhere)).body.totalResults).toBe(0);
  expect((await stored(id)).disabled).toBe(false);
});

test('somebody who signed in first is taken over, not doubled', async () => {
  const { access_token: token } = await new Visitor(replica).tokens('00u1', { provider: 'corp' });
  const { principal } = (await whoami(replica, token)) as { principal: string };
  const { status, body } = await scim('POST', '/Users', person('alice', { externalId: '00u1' }));
  expect([status, `User::${body.id}`]).toEqual([201, principal]);
  expect(await whoami(replica, token)).toMatchObject({ principal });
  const again = await scim('POST', '/Users', person('alice', { externalId: '00u1' }));
  expect([again.status, again.body.scimType]).toEqual([409, 'uniqueness']);
});

test.each([
  ['as Okta does', { op: 'replace', value: { active: false } }],
  ['as Entra does', { op: 'Replace', path: 'active', value: 'False' }],
])('ID-08: deactivating a person ends their logins at once, %s', async (_, operation) => {
  const { body: list } = await scim('GET', `/Users?filter=${encodeURIComponent('externalId eq "00u1"')}`);
  const { id } = list.Resources[0];
  const tokens = await new Visitor(replica).tokens('00u1', { provider: 'corp' });
  events.length = 0;
  const { status, body } = await patch(id, operation);
  expect([status, body.active]).toEqual([200, false]);
  await eventually(() => events.length > 0);
  expect(events).toContainEqual({ principal: `User::${id}`, revision: expect.any(Number) });
  expect(await whoami(replica, tokens.access_token)).toBe(401);
  expect((await refresh(replica, tokens.refresh_token)).status).toBe(400);
  expect((await new Visitor(replica).signIn('00u1', { provider: 'corp' })).get('error')).toBe('access_denied');
  await patch(id, { op: 'replace', value: { active: true } });
  expect((await new Visitor(replica).signIn('00u1', { provider: 'corp' })).get('code')).toBeTruthy();
  expect(await whoami(replica, tokens.access_token)).toBe(401);
});

test('who is deleted is disabled, gone from the directory, and comes back as themselves', async () => {
  const id = await made('leaver');
  events.length = 0;
  expect((await scim('DELETE', `/Users/${id}`)).status).toBe(204);
  await eventually(() => events.length > 0);
  expect((await stored(id)).disabled).toBe(true);
  expect((await scim('GET', `/Users/${id}`)).status).toBe(404);
  expect((await scim('DELETE', `/Users/${id}`)).status).toBe(404);
  expect(
    (await scim('GET', `/Users?filter=${encodeURIComponent('userName eq "user-leaver@example.com"')}`)).body
      .totalResults,
  ).toBe(0);
  const other = await made('successor', { userName: 'user-leaver@example.com' });
  expect(other).not.toBe(id);
  const back = await scim('POST', '/Users', person('leaver', { userName: 'back@example.com' }));
  expect([back.status, back.body.id, back.body.active]).toEqual([201, id, true]);
});

test('userName is one person’s, whatever its case', async () => {
  const id = await made('first');
  const taken = { userName: 'USER-first@example.com' };
  const second = await scim('POST', '/Users', person('second', taken));
  expect([second.status, second.body.scimType]).toEqual([409, 'uniqueness']);
  const third = await made('third');
  const renamed = await patch(third, { op: 'replace', path: 'userName', value: taken.userName });
  expect([renamed.status, renamed.body.scimType]).toEqual([409, 'uniqueness']);
  expect((await patch(id, { op: 'replace', path: 'userName', value: taken.userName })).status).toBe(200);
  expect((await scim('GET', `/Users/${third}`)).body.userName).toBe('user-third@example.com');
});

test('PUT replaces what a directory says, and never who somebody is', async () => {
  const id = await made('put');
  const { emails: _, name: _name, active: _active, ...bare } = person('put');
  await patch(id, { op: 'replace', value: { active: false } });
  const { status, body } = await scim('PUT', `/Users/${id}`, { ...bare, displayName: 'Putter' });
  expect([status, body.displayName, body.emails, body.active]).toEqual([200, 'Putter', undefined, false]);
  const other = await scim('PUT', `/Users/${id}`, person('put', { externalId: 'sub-1' }));
  expect([other.status, other.body.scimType]).toEqual([400, 'mutability']);
});

test('a change names the version that it is made on, where it names one', async () => {
  const id = await made('versioned');
  const first = (await scim('GET', `/Users/${id}`)).headers.get('etag')!;
  const change = (headers: Record<string, string>, userName: string) =>
    scim('PUT', `/Users/${id}`, person('versioned', { userName }), { headers });
  const next = await change({ 'if-match': first }, 'v2@example.com');
  expect(next.status).toBe(200);
  expect(next.headers.get('etag')).not.toBe(first);
  expect((await change({ 'if-match': first }, 'v3@example.com')).status).toBe(412);
  expect((await scim('DELETE', `/Users/${id}`, undefined, { headers: { 'if-match': first } })).status).toBe(412);
  expect((await change({ 'if-match': '*' }, 'v3@example.com')).status).toBe(200);
});

test('pages begin at one and end where the people do', async () => {
  const all = (await scim('GET', '/Users?count=200')).body;
  expect(all.totalResults).toBe(all.Resources.length);
  const seen: string[] = [];
  for (let startIndex = 1; startIndex <= all.totalResults; startIndex += 2) {
    const { body } = await scim('GET', `/Users?startIndex=${startIndex}&count=2`);
    expect(body).toMatchObject({ startIndex, totalResults: all.totalResults });
    seen.push(...body.Resources.map(({ id }: { id: string }) => id));
  }
  expect(seen).toEqual(all.Resources.map(({ id }: { id: string }) => id));
  expect((await scim('GET', '/Users?startIndex=0&count=-1')).body).toMatchObject({ startIndex: 1, itemsPerPage: 0 });
  expect((await scim('GET', '/Users?startIndex=9999')).body).toMatchObject({
    Resources: [],
    totalResults: all.totalResults,
  });
  expect((await scim('GET', '/Users?count=x')).status).toBe(400);
});

test.each([
  ['no userName', { userName: undefined }],
  ['no externalId', { externalId: undefined }],
  ['a name with a control character', { userName: 'a\u0000b' }],
  ['active that is no truth', { active: 'yes' }],
  ['an attribute twice', { UserName: 'x' }],
])('a person with %s is refused', async (_, more) => {
  const { status, body } = await scim('POST', '/Users', person('bad', more));
  expect([status, body.status]).toEqual([400, '400']);
});

test('what is no JSON is refused in the words of SCIM', async () => {
  const headers = { 'content-type': 'application/scim+json' };
  const { status, body } = await replica.call('POST', '/scim/v2/corp/Users', { as: directory, body: '{', headers });
  expect([status, body.scimType]).toEqual([400, 'invalidSyntax']);
});

test('ID-24: each verb needs its own right on users', async () => {
  const nobody = await replica.account('stranger');
  for (const [method, path, body] of [
    ['GET', '/Users', undefined],
    ['POST', '/Users', person('never')],
    ['PUT', '/Users/x', person('never')],
    ['PATCH', '/Users/x', { Operations: [{ op: 'replace', value: { active: false } }] }],
    ['DELETE', '/Users/x', undefined],
    ['GET', '/Groups', undefined],
  ] as const) {
    const refused = await scim(method, path, body, { as: nobody });
    expect([method, refused.status, refused.body.status]).toEqual([method, 403, '403']);
    const unknown = await scim(method, path, body, { as: null });
    expect([unknown.status, unknown.body.status]).toEqual([401, '401']);
    expect(unknown.headers.get('www-authenticate')).toMatch(/^Bearer/);
  }
});

test('ID-24: who administers is for administrators to say, by SCIM too', async () => {
  const id = await made('boss');
  await replica.call('POST', '/v1/groups', { body: { name: 'admins', members: [`User::${id}`] } });
  const off = { Operations: [{ op: 'replace', value: { active: false } }] };
  expect((await patch(id, ...off.Operations)).status).toBe(403);
  expect((await scim('DELETE', `/Users/${id}`)).status).toBe(403);
  expect((await scim('GET', `/Users/${id}`)).body.active).toBe(true);
  expect((await scim('PATCH', `/Users/${id}`, off, { as: replica.administrator })).body.active).toBe(false);
});

test('groups are shown with the members whom the provider knows, and are changed elsewhere', async () => {
  const id = await made('member');
  const members = [`User::${id}`, 'ServiceAccount::okta'];
  await replica.call('POST', '/v1/groups', { body: { name: 'crew', members } });
  const { body } = await scim('GET', '/Groups/crew');
  expect(body).toMatchObject({ id: 'crew', displayName: 'crew', members: [{ value: id, type: 'User' }] });
  const found = await scim('GET', `/Groups?filter=${encodeURIComponent('displayName eq "crew"')}`);
  expect(found.body).toMatchObject({ totalResults: 1, Resources: [{ id: 'crew' }] });
  expect((await scim('GET', '/Groups/none')).status).toBe(404);
  for (const [method, path] of [
    ['POST', '/Groups'],
    ['PUT', '/Groups/crew'],
    ['PATCH', '/Groups/crew'],
    ['DELETE', '/Groups/crew'],
  ] as const) {
    const answer = await scim(method, path, method === 'DELETE' ? undefined : {}, { as: replica.administrator });
    expect([answer.status, answer.body.status]).toEqual([501, '501']);
  }
});

test('a client can find out what there is', async () => {
  const config = (await scim('GET', '/ServiceProviderConfig')).body;
  expect(config).toMatchObject({ patch: { supported: true }, bulk: { supported: false }, etag: { supported: true } });
  const types = (await scim('GET', '/ResourceTypes')).body;
  expect(types.Resources.map(({ endpoint }: { endpoint: string }) => endpoint)).toEqual(['/Users', '/Groups']);
  const { Resources: schemas } = (await scim('GET', '/Schemas')).body;
  const ids = types.Resources.map(({ schema }: { schema: string }) => schema);
  expect(schemas.map(({ id }: { id: string }) => id)).toEqual(ids);
});

test('every change is in the audit trail with before and after', async () => {
  const id = await made('audited');
  await patch(id, { op: 'replace', value: { active: false } });
  await patch(id, { op: 'replace', path: 'userName', value: 'renamed@example.com' });
  await scim('DELETE', `/Users/${id}`);
  const { body } = await replica.call('GET', `/v1/audit?target=${encodeURIComponent(`User::${id}`)}`);
  const facts = body.items.map(({ actor, action, detail: { before, after } }: AuditEntry) => ({
    actor,
    action,
    before,
    after,
  }));
  const actor = 'ServiceAccount::okta';
  const named = (userName: string) => ({ provider: 'corp', userName });
  expect(facts).toMatchObject([
    { actor, action: 'scim-user.deleted', before: named('renamed@example.com'), after: null },
    {
      actor,
      action: 'scim-user.named',
      before: named('user-audited@example.com'),
      after: named('renamed@example.com'),
    },
    { actor, action: 'user.updated', before: { disabled: false }, after: { disabled: true } },
    { actor, action: 'scim-user.named', before: null, after: named('user-audited@example.com') },
    {
      actor,
      action: 'user.created',
      before: null,
      after: { identities: [{ issuer: 'corp', subject: 'sub-audited' }] },
    },
  ]);
});

test('who was disabled here before the directory told of them stays so, unless it says otherwise', async () => {
  const identities = [{ issuer: 'corp', subject: 'locked-1' }];
  await replica.call('POST', '/v1/users', { body: { name: 'locked', identities, disabled: true } });
  const told = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], externalId: 'locked-1', userName: 'locked' };
  const { status, body } = await scim('POST', '/Users', told);
  expect([status, body.id, body.active]).toEqual([201, 'locked', false]);
  expect((await stored('locked')).disabled).toBe(true);
});
