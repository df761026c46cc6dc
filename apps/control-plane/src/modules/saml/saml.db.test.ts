import { DevBrowser } from '@sallyport/dev-issuer';
import { inflateRawSync } from 'node:zlib';
import { locationOf, postForm, publicUrl, Visitor, whoami } from '../../testing/people.js';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';
import type { ResponseFacts } from '../../testing/saml-identity-provider.js';
import {
  asField,
  newId,
  SamlIdentityProvider,
  serviceProvider,
  usualFacts,
} from '../../testing/saml-identity-provider.js';

let installation: TestInstallation;
let replica: Replica;
let idp: SamlIdentityProvider;
const entryPoint = 'https://idp.test/sso';

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  idp = await SamlIdentityProvider.start();
  const spec = { protocol: 'saml', entryPoint, entityId: idp.entityId, certificates: [idp.keys.certificate] };
  const { status, text } = await replica.call('PUT', '/v1/manifests', {
    body: [
      { kind: 'IdentityProvider', name: 'corp', spec },
      { kind: 'IdentityProvider', name: 'open', spec: { ...spec, allowUnsolicited: true } },
      { kind: 'User', name: 'alice', spec: { identities: [{ issuer: 'corp', subject: 'a1b2c3' }] } },
      { kind: 'Group', name: 'dba', spec: { claims: [{ issuer: 'corp', claim: 'groups', equals: 'dba' }] } },
    ],
  });
  if (status !== 200) throw new Error(text);
}, 60_000);
afterAll(() => installation.stop());

/** A person who has been sent to the identity provider. */
class Guest extends Visitor {
  override readonly browser = new DevBrowser([publicUrl, 'http://127.0.0.1:49152/', entryPoint]);
  relayState = '';
  requestId = '';
  request = '';

  async begin(): Promise<this> {
    const page = await this.browser.get(this.authorizeUrl({ provider: 'corp' }));
    const login = new URL(locationOf(page), replica.url);
    const sent =
      login.pathname === '/auth/saml/corp/login'
        ? await this.browser.get(`${replica.url}${login.pathname}${login.search}`)
        : page;
    const url = new URL(locationOf(sent));
    this.relayState = url.searchParams.get('RelayState')!;
    this.request = inflateRawSync(Buffer.from(url.searchParams.get('SAMLRequest')!, 'base64')).toString('utf8');
    this.requestId = / ID="([^"]+)"/.exec(this.request)![1]!;
    return this;
  }

  facts(changes: Partial<ResponseFacts> = {}): ResponseFacts {
    return { ...usualFacts(idp, this.requestId), ...changes };
  }

  /** The browser comes back from the assertion consumer service to where the sign-in is finished. */
  async finish(location: string, browser = this.browser): Promise<URLSearchParams | number> {
    const page = await browser.get(location.replace(publicUrl, replica.url));
    return page.status === 303 ? new URL(locationOf(page)).searchParams : page.status;
  }
}
const begun = () => new Guest(replica).begin();

function post(xml: string, relayState?: string, { at = replica, provider = 'corp' } = {}) {
  const state: Record<string, string> = relayState === undefined ? {} : { RelayState: relayState };
  return postForm(at, `/auth/saml/${provider}/acs`, { SAMLResponse: asField(xml), ...state });
}
const loginCount = async () => (await replica.call('GET', '/v1/logins')).body.items.length as number;

test('somebody signs in, and is in the groups of their attributes', async () => {
  const guest = await begun();
  expect(guest.request).toContain(`AssertionConsumerServiceURL="${serviceProvider.recipient}"`);
  expect(guest.request).toContain('Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"');
  expect(guest.request).toContain(`Destination="${entryPoint}"`);
  const { status, headers } = await post(await idp.respond(guest.facts()), guest.relayState);
  expect(status).toBe(303);
  const answer = (await guest.finish(headers.get('location')!)) as URLSearchParams;
  expect(answer.get('state')).toBe(guest.state);
  const { body } = await guest.redeem(answer.get('code')!);
  expect(await whoami(replica, body.access_token)).toMatchObject({ principal: 'User::alice', groups: ['dba'] });
});

test('SA-04: another replica takes the response, and neither takes it again', async () => {
  const other = await installation.replica({ SALLYPORT_WORKER: 'none' });
  const guest = await begun();
  const xml = await idp.respond(guest.facts());
  expect((await post(xml, guest.relayState, { at: other })).status).toBe(303);
  for (const at of [replica, other]) {
    const { status, headers } = await post(xml, guest.relayState, { at });
    expect([status, headers.get('location')]).toEqual([400, null]);
  }
});

test('SA-04: of many replays at once one counts', async () => {
  const guest = await begun();
  const xml = await idp.respond(guest.facts());
  const answers = await Promise.all(Array.from({ length: 8 }, () => post(xml, guest.relayState)));
  expect(answers.map(({ status }) => status).sort()).toEqual([303, ...Array<number>(7).fill(400)]);
});

test('SA-04: an assertion that was used answers no other request either', async () => {
  const first = await begun();
  const facts = first.facts();
  expect((await post(await idp.respond(facts), first.relayState)).status).toBe(303);
  const second = await begun();
  const same = await idp.respond(second.facts({ assertionId: facts.assertionId }));
  expect((await post(same, second.relayState)).status).toBe(400);
  expect((await post(await idp.respond(second.facts()), second.relayState)).status).toBe(303);
});

test('SA-04: a response fits the request of its own sign-in alone', async () => {
  const [one, other] = [await begun(), await begun()];
  const xml = await idp.respond(one.facts());
  expect((await post(xml, other.relayState)).status).toBe(400);
  expect((await post(xml)).status).toBe(400);
  expect((await post(xml, 'x'.repeat(43))).status).toBe(400);
  expect((await post(xml, one.relayState, { provider: 'open' })).status).toBe(400);
  expect((await post(xml, one.relayState)).status).toBe(303);
});

test('SA-04: a response planted in another browser signs nobody in', async () => {
  const attacker = await begun();
  const { headers } = await post(await idp.respond(attacker.facts()), attacker.relayState);
  const victim = await begun();
  const before = await loginCount();
  expect(await attacker.finish(headers.get('location')!, victim.browser)).toBe(400);
  expect(await loginCount()).toBe(before);
  expect(await attacker.finish(headers.get('location')!)).toBeInstanceOf(URLSearchParams);
});

test('SA-04: RelayState leads nowhere else', async () => {
  const guest = await begun();
  const xml = await idp.respond(guest.facts());
  for (const relayState of ['https://evil.test/', '//evil.test', 'javascript:alert(1)']) {
    const { status, headers, text } = await post(xml, relayState);
    expect([status, headers.get('location')]).toEqual([400, null]);
    expect(text).not.toContain('evil');
  }
  const { headers } = await post(xml, guest.relayState);
  expect(headers.get('location')).toMatch(/^https:\/\/sallyport\.test\/auth\/finish\?flow=[\w-]{43}$/);
});

test('SA-04: who comes unasked is refused, unless the provider may send them, and then begins here', async () => {
  const unasked = (provider: string) => {
    const base = `${publicUrl}/auth/saml/${provider}`;
    const here = { audience: `${base}/metadata`, recipient: `${base}/acs`, destination: `${base}/acs` };
    return idp.respond({ ...usualFacts(idp, undefined), ...here });
  };
  const before = await loginCount();
  expect((await post(await unasked('corp'))).status).toBe(400);
  const xml = await unasked('open');
  const welcome = await post(xml, undefined, { provider: 'open' });
  expect([welcome.status, welcome.headers.get('location')]).toEqual([303, `${publicUrl}/console/`]);
  expect((await post(xml, undefined, { provider: 'open' })).status).toBe(400);
  expect(await loginCount()).toBe(before);
});

test('SA-04: the session at the provider bounds the login', async () => {
  const guest = await begun();
  const end = new Date(Math.floor(Date.now() / 1000) * 1000 + 900_000);
  const xml = await idp.respond(guest.facts({ sessionNotOnOrAfter: end }));
  const { headers } = await post(xml, guest.relayState);
  await guest.finish(headers.get('location')!);
  const { body } = await replica.call('GET', '/v1/logins');
  const ends = body.items.map(({ expiresAt }: { expiresAt: string }) => expiresAt);
  expect(ends).toContain(end.toISOString());
});

test('SA-04: an unsigned LogoutRequest ends nothing', async () => {
  const before = await loginCount();
  expect(before).toBeGreaterThan(0);
  const xml =
    `<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"` +
    ` ID="${newId()}" Version="2.0" IssueInstant="${new Date().toISOString()}" Destination="${serviceProvider.recipient}">` +
    `<saml:Issuer>${idp.entityId}</saml:Issuer><saml:NameID>a1b2c3</saml:NameID></samlp:LogoutRequest>`;
  const guest = await begun();
  expect((await post(xml, guest.relayState)).status).toBe(400);
  expect((await postForm(replica, '/auth/saml/corp/acs', { SAMLRequest: asField(xml) })).status).toBe(400);
  expect(await loginCount()).toBe(before);
});

test('a refusal says nothing but a reference, which the audit trail explains', async () => {
  const guest = await begun();
  const { status, text, headers } = await post(await idp.respond(guest.facts({ nameId: '' })), guest.relayState);
  expect(status).toBe(400);
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(text).not.toMatch(/NameID|SAML|corp|script/);
  const reference = /<code>([^<]+)<\/code>/.exec(text)![1];
  const { body } = await replica.call('GET', '/v1/audit?action=login.refused');
  const entry = body.items.find((one: { detail: { reference: string } }) => one.detail.reference === reference);
  expect(entry).toMatchObject({ target: 'IdentityProvider::corp', detail: { reason: 'an unusable NameID' } });
});

test('strangers do not fill the audit trail', async () => {
  for (let n = 0; n < 60; n += 1) expect((await post('<x/>', 'x'.repeat(43))).status).toBe(400);
  const { body } = await replica.call('GET', '/v1/audit?action=login.refused&limit=200');
  expect(body.items.length).toBeLessThanOrEqual(40);
});

test('a sign-in begins only in the browser that asked for it', async () => {
  const guest = await begun();
  const login = `${replica.url}/auth/saml/corp/login`;
  const statusOf = async (url: string, browser = guest.browser) => (await browser.get(url)).status;
  expect(await statusOf(`${login}?flow=${guest.relayState}`)).toBe(303);
  expect(await statusOf(`${login}?flow=${guest.relayState}`, new DevBrowser([entryPoint]))).toBe(400);
  expect(await statusOf(login)).toBe(400);
  expect(await statusOf(`${login}?flow=x&flow=y`)).toBe(400);
  expect(await statusOf(`${replica.url}/auth/saml/open/login?flow=${guest.relayState}`)).toBe(400);
  expect(await statusOf(`${replica.url}/auth/saml/%00/login?flow=${guest.relayState}`)).toBe(400);
  expect(await statusOf(`${replica.url}/auth/saml/nobody/login?flow=${guest.relayState}`)).toBe(400);
});

test('metadata tell a provider what to send and where', async () => {
  const { status, headers, text } = await replica.call('GET', '/auth/saml/corp/metadata', { as: null });
  expect([status, headers.get('content-type')]).toEqual([200, 'application/samlmetadata+xml']);
  expect(text).toContain(`entityID="${serviceProvider.audience}"`);
  expect(text).toContain(`Location="${serviceProvider.recipient}"`);
  expect(text).toContain('WantAssertionsSigned="true"');
  expect(text).not.toContain('SingleLogoutService');
  expect((await replica.call('GET', '/auth/saml/nobody/metadata', { as: null })).status).toBe(404);
});

test('a large response is taken, and large forms are nowhere else', async () => {
  const guest = await begun();
  const xml = (await idp.respond(guest.facts())).padEnd(256 * 1024, ' ');
  expect((await post(xml, guest.relayState)).status).toBe(303);
  expect((await post(xml.padEnd(500_000, ' '), guest.relayState)).status).toBe(413);
  expect((await postForm(replica, '/oauth/token', { grant_type: 'x'.repeat(30_000) })).status).toBe(413);
});

test('somebody who is disabled does not get in', async () => {
  await replica.call('PATCH', '/v1/users/alice', { body: { disabled: true } });
  const guest = await begun();
  const { headers } = await post(await idp.respond(guest.facts()), guest.relayState);
  const answer = (await guest.finish(headers.get('location')!)) as URLSearchParams;
  expect([answer.get('error'), answer.get('code')]).toEqual(['access_denied', null]);
  await replica.call('PATCH', '/v1/users/alice', { body: { disabled: false } });
});
