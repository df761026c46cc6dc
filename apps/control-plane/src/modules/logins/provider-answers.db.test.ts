import type { BrowserPage } from '@sallyport/dev-issuer';
import { type Bending, HostileProvider } from '../../testing/hostile-provider.js';
import { locationOf, providerSecret, publicUrl, Visitor } from '../../testing/people.js';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';
import { OidcProviderMetadata } from './oidc-provider-metadata.js';

let installation: TestInstallation;
let replica: Replica;
let provider: HostileProvider;
let other: HostileProvider;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  [provider, other] = await Promise.all([HostileProvider.start(providerSecret), HostileProvider.start(providerSecret)]);
  const manifest = (name: string, { issuer }: HostileProvider) => ({
    kind: 'IdentityProvider',
    name,
    spec: { protocol: 'oidc', issuer, clientId: 'sallyport', clientSecret: { value: providerSecret } },
  });
  const { status, text } = await replica.call('PUT', '/v1/manifests', {
    body: [
      manifest('first', provider),
      manifest('second', other),
      { kind: 'Group', name: 'admins', spec: { claims: [{ issuer: 'second', claim: 'groups', equals: 'admin' }] } },
    ],
  });
  if (status !== 200) throw new Error(text);
}, 60_000);
beforeEach(() => {
  provider.bending = {};
  // What was discovered is kept for a minute; each test has its own.
  replica.app.get(OidcProviderMetadata, { strict: false }).forget();
});
afterAll(async () => {
  await Promise.all([provider.close(), other.close()]);
  await installation.stop();
});

/** The page that the browser gets at the end, or the redirect to the client. */
async function signIn(bending: Bending = {}): Promise<BrowserPage> {
  provider.bending = bending;
  const visitor = new Visitor(replica);
  visitor.browser.stopBefore(provider.issuer);
  const page = await visitor.browser.get(visitor.authorizeUrl({ provider: 'first' }));
  if (page.headers.get('location') === null) return page;
  const back = provider.answerTo(locationOf(page));
  return visitor.browser.get(back.replace(publicUrl, replica.url));
}

function outcome(page: BrowserPage): string {
  const location = page.headers.get('location');
  if (location === null) return String(page.status);
  const { searchParams } = new URL(location);
  return searchParams.has('code') ? 'signed in' : searchParams.get('error')!;
}

test('the answer that the others are bent from signs in', async () => {
  expect(outcome(await signIn())).toBe('signed in');
});

const now = (): number => Math.floor(Date.now() / 1000);
const bent: [string, () => Bending][] = [
  ['ID-01: an id_token that nobody signed', () => ({ sign: 'none' })],
  ['ID-01: one signed with the client secret', () => ({ sign: 'client-secret' })],
  ['ID-02: one signed with a key that is not published', () => ({ sign: 'unpublished' })],
  ['ID-02: one with an unknown kid', () => ({ header: { kid: 'other' } })],
  ['ID-04: one of another issuer', () => ({ claims: { iss: 'https://attacker.example' } })],
  ['ID-05: one for another client', () => ({ claims: { aud: 'another' } })],
  ['ID-05: one for several clients, of another party', () => ({ claims: { aud: ['sallyport', 'b'], azp: 'b' } })],
  ['ID-05: one with another nonce', () => ({ claims: { nonce: 'another' } })],
  ['ID-05: one without a nonce', () => ({ claims: { nonce: null } })],
  ['ID-05: one that is an access token', () => ({ header: { typ: 'at+jwt' } })],
  ['ID-05: one whose at_hash is of another access token', () => ({ claims: { at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' } })],
  ['ID-06: one that is over', () => ({ claims: { exp: now() - 120 } })],
  ['ID-06: one that is not yet', () => ({ claims: { nbf: now() + 600 } })],
  ['ID-06: one without an end', () => ({ claims: { exp: null } })],
  ['one without a subject', () => ({ claims: { sub: null } })],
  ['one whose subject is a number', () => ({ claims: { sub: 7 } })],
  ['one whose subject is empty', () => ({ claims: { sub: '' } })],
  ['one whose subject has control characters', () => ({ claims: { sub: 'a\u0000b' }, userinfo: { sub: 'a\u0000b' } })],
  ['userinfo of somebody else', () => ({ userinfo: { sub: 'subject-2', groups: ['admin'] } })],
  ['ID-04: an answer in the name of another issuer (mix-up)', () => ({ answer: { iss: 'https://attacker.example' } })],
  ['ID-04: an answer without the issuer it promised', () => ({ answer: { iss: null } })],
  ['an answer with an error', () => ({ answer: { code: null, error: 'access_denied' } })],
  ['an answer without a code', () => ({ answer: { code: null } })],
];
test.each(bent)('%s is refused, and the client hears no reason', async (_, bending) => {
  const page = await signIn(bending());
  expect(outcome(page)).toBe('access_denied');
  const said = new URL(locationOf(page)).searchParams.get('error_description');
  expect(said).toMatch(/^The sign-in failed; reference [0-9a-f-]+\.$/);
});

test('ID-05: an answer without our state begins nothing', async () => {
  expect(outcome(await signIn({ answer: { state: 'another' } }))).toBe('400');
  expect(outcome(await signIn({ answer: { state: null } }))).toBe('400');
});

test.each([
  ['of another issuer', { issuer: 'https://attacker.example' }],
  ['of every tenant', { issuer: 'https://login.example/{tenantid}/v2.0' }],
  ['with a slash more', () => ({ issuer: `${provider.issuer}/` })],
  ['without keys', { jwks_uri: undefined }],
  ['with an endpoint over plain HTTP', { token_endpoint: 'http://attacker.example/token' }],
  ['with an endpoint that is no URL of the web', { authorization_endpoint: 'javascript:alert(1)' }],
])('ID-04: a discovery document %s is nobody’s', async (_, discovery) => {
  const page = await signIn({ discovery: typeof discovery === 'function' ? discovery() : discovery });
  expect(outcome(page)).toBe('502');
});

test('ID-04: the token endpoint leads us nowhere else', async () => {
  const before = other.tokenRequests;
  expect(outcome(await signIn({ redirectTokenTo: `${other.issuer}/token` }))).toBe('access_denied');
  expect(other.tokenRequests).toBe(before);
});

test('ID-04: the state says which provider answers, and its code goes to no other', async () => {
  const visitor = new Visitor(replica);
  visitor.browser.stopBefore(provider.issuer);
  visitor.browser.stopBefore(other.issuer);
  const page = await visitor.browser.get(visitor.authorizeUrl({ provider: 'second' }));
  const before = other.tokenRequests;
  const back = provider.answerTo(locationOf(page));
  expect(outcome(await visitor.browser.get(back.replace(publicUrl, replica.url)))).toBe('access_denied');
  expect(other.tokenRequests).toBe(before);
});

test('ID-10: a claim of one provider is not the claim of another', async () => {
  const page = await signIn({ claims: { groups: ['admin'] } });
  expect(outcome(page)).toBe('signed in');
  const grounds = await replica.database.query('SELECT grounds FROM logins ORDER BY created_at DESC LIMIT 1');
  expect(grounds).toEqual([{ grounds: [] }]);
});

test('refusals are in the audit trail, under the reference that the person has', async () => {
  const page = await signIn({ sign: 'unpublished' });
  const reference = /reference ([0-9a-f-]+)/.exec(new URL(locationOf(page)).searchParams.get('error_description')!)![1];
  const { body } = await replica.call('GET', '/v1/audit?action=login.refused');
  expect(JSON.stringify(body.items[0])).toContain(reference);
});
