import type { PolicySnapshot } from '@sallyport/gateway-contract';
import pino from 'pino';
import { PolicyCache } from '../policy/policy-cache.js';
import { TestingControlPlane } from '../testing-control-plane.js';
import { compileWords, silentLog } from '../testing-gateway.js';
import {
  agentClaims,
  exchangeClaims,
  inMilliseconds,
  issuerToken,
  loginClaims,
  loginId,
  organisation,
  personClaims,
  pipelineClaims,
} from '../testing-identity.js';
import { Authenticator } from './authenticator.js';

function setUp(parts: Partial<PolicySnapshot> = {}) {
  const source = new TestingControlPlane();
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line) as never) });
  const policies = new PolicyCache({
    gateway: () => 'local',
    pinnedKeys: () => [{ keyId: source.keyId, publicKey: source.publicJwk() }],
    highestRevision: () => 0,
    sawRevision: () => undefined,
    compile: compileWords,
    log: silentLog,
  });
  const publish = (change: Partial<PolicySnapshot>) => {
    const issuedAt = inMilliseconds((published += 1));
    expect(policies.publish(source.sign(source.snapshot({ ...organisation(), issuedAt, ...change })))).toEqual({
      accepted: true,
    });
  };
  let published = 0;
  publish(parts);
  const gate = new Authenticator(policies, log);
  return { source, publish, gate, lines, token: (claims: Record<string, unknown>) => source.accessToken({ claims }) };
}

const refs = async (gate: Authenticator, credential: string) => {
  const found = await gate.authenticate(credential);
  return found && [`${found.principal.type}::${found.principal.id}`, found.credentialId];
};

test('every kind of credential proves whom it is about, under the id that revocations name', async () => {
  const { gate, token } = setUp();
  expect(await refs(gate, 'sp_ci')).toEqual(['ServiceAccount::ci', 'ci-key']);
  expect(await refs(gate, await token({ cid: 'ci-key' }))).toEqual(['ServiceAccount::ci', 'ci-key']);
  expect(await refs(gate, await token(loginClaims))).toEqual(['User::alice', `login:${loginId}`]);
  expect(await refs(gate, await token(agentClaims))).toEqual(['Agent::helper', `login:${loginId}`]);
  expect(await refs(gate, await token(exchangeClaims))).toEqual(['User::bob', exchangeClaims.cid]);
  const id = expect.stringMatching(/^issuer:corp:[0-9a-f]{16}$/) as string;
  expect(await refs(gate, await issuerToken(personClaims))).toEqual(['User::alice', id]);
  expect(await refs(gate, await issuerToken(pipelineClaims))).toEqual(['ServiceAccount::ci', id]);
});

const act = agentClaims.act;
const wrong: [string, Record<string, unknown>][] = [
  ['a login of nobody', { ...loginClaims, cid: 'login:5f0c6a8e-7a4b-4a53-9a0e-0c5b1de4a999', iat: 1 }],
  ['somebody else’s login', { ...loginClaims, sub: 'User::bob' }],
  ['a login for an account', { ...loginClaims, sub: 'ServiceAccount::ci' }],
  ['a key for a person', { sub: 'User::alice', cid: 'ci-key' }],
  ['a kind that there is not', { ...loginClaims, cid: `saml:${loginId}` }],
  ['an exchange for nothing', { ...exchangeClaims, fed: undefined }],
  ['an exchange for another’s token', { ...exchangeClaims, sub: 'User::alice' }],
  ['an exchange for an agent', { ...exchangeClaims, sub: 'Agent::helper' }],
  ['an exchange whose issuer is none', { ...exchangeClaims, fed: { ...exchangeClaims.fed, iss: 'elsewhere' } }],
  ['groups that are no list', { ...exchangeClaims, fed: { ...exchangeClaims.fed, groups: 'engineers' } }],
  ['more of the exchange than is known', { ...exchangeClaims, fed: { ...exchangeClaims.fed, role: 'admin' } }],
  ['an agent with another’s key', { ...agentClaims, act: { ...act, cid: 'ci-key' } }],
  ['an agent without a key', { ...agentClaims, act: { sub: act.sub } }],
  ['an agent that is a person', { ...agentClaims, act: { sub: 'User::bob', cid: 'helper-key' } }],
  ['an agent that no issuer’s rule names', { ...agentClaims, act: { ...act, cid: 'issuer:corp:0' } }],
  ['an agent by an exchange', { ...agentClaims, act: { ...act, cid: exchangeClaims.cid } }],
  ['a chain of agents', { ...agentClaims, act: { ...act, act } }],
  ['an agent for an account', { cid: 'ci-key', act }],
  ['resources that are no list', { ...loginClaims, res: 'shop' }],
  ['actions that are no text', { ...loginClaims, acts: [7] }],
  ['a subject that is no text', { ...loginClaims, sub: ['User::alice'] }],
  ['a subject without a name', { ...loginClaims, sub: 'User::' }],
];

test.each(wrong)('a signed token that names %s proves nobody', async (_what, claims) => {
  const { gate, token } = setUp();
  expect(await gate.authenticate(await token(claims))).toBeUndefined();
});

test('ID-06: a trusted issuer’s token is refused with keys too old, keys gone, or another key', async () => {
  const text = await issuerToken(personClaims);
  const { gate, publish } = setUp();
  const issuer = organisation().trustedIssuers[0]!;
  expect(await gate.authenticate(text)).toBeDefined();
  for (const change of [
    { keysValidUntil: inMilliseconds(-1) },
    { jwks: [] },
    { jwks: [{ ...issuer.jwks[0], kid: 'corp-2' }] },
  ]) {
    publish({ trustedIssuers: [{ ...issuer, ...change }] });
    expect(await gate.authenticate(text)).toBeUndefined();
  }
  publish({});
  expect(await gate.authenticate(text)).toBeDefined();
  expect(await gate.authenticate(await issuerToken(personClaims, { kid: 'corp-2' }))).toBeUndefined();
});

test('ID-07: a token that was withdrawn proves nobody, also where it was verified a moment ago', async () => {
  const { gate, token, publish } = setUp();
  const text = await token({ ...loginClaims, jti: 'withdrawn' });
  expect(await gate.authenticate(text)).toBeDefined();
  publish({ revokedTokens: ['withdrawn'] });
  expect(await gate.authenticate(text)).toBeUndefined();
  expect(await gate.authenticate(await token(loginClaims))).toBeDefined();
});

test('ID-06: a token that was verified a moment ago is not remembered beyond its time or its key', async () => {
  const { source, gate, token, publish } = setUp();
  const text = await token(loginClaims);
  expect(await gate.authenticate(text)).toBeDefined();
  publish({ tokens: { issuer: 'https://control-plane.test', audience: 'sallyport', jwks: [] } });
  expect(await gate.authenticate(text)).toBeUndefined();
  publish({});
  const short = await source.accessToken({ claims: loginClaims, expiresIn: 2 });
  expect(await gate.authenticate(short)).toBeDefined();
  await new Promise((resolve) => setTimeout(resolve, 2100));
  expect(await gate.authenticate(short)).toBeUndefined();
});

test('a token of a login made a moment ago waits for the news of it, and not for ever', async () => {
  const { gate, token, publish } = setUp({ users: [] });
  const text = await token(loginClaims);
  const waiting = gate.authenticate(text);
  await new Promise((resolve) => setTimeout(resolve, 50));
  publish({ users: [], groups: [] });
  await new Promise((resolve) => setTimeout(resolve, 50));
  publish({});
  expect(await waiting).toMatchObject({ principal: { id: 'alice' } });
  publish({ users: [] });
  const start = performance.now();
  expect(await gate.authenticate(text)).toBeUndefined();
  expect(performance.now() - start).toBeGreaterThan(1800);
  expect(performance.now() - start).toBeLessThan(3500);
});

test('nobody waits for what is old news, with a login that ended, or without a signature', async () => {
  const { gate, token, source } = setUp({ users: [] });
  const start = performance.now();
  const now = Math.floor(Date.now() / 1000);
  expect(await gate.authenticate(await token({ ...loginClaims, iat: now - 60 }))).toBeUndefined();
  expect(await gate.authenticate(await token({ sub: 'ServiceAccount::helper', cid: 'ci-key' }))).toBeUndefined();
  expect(await gate.authenticate(`${await source.accessToken({ claims: loginClaims })}A`)).toBeUndefined();
  expect(await gate.authenticate('sp_unknown')).toBeUndefined();
  expect(performance.now() - start).toBeLessThan(1000);
});

test('administrators read why, without secrets and not without end; whoever asks learns nothing', async () => {
  const { gate, token, lines } = setUp();
  await gate.authenticate('sp_secret');
  await gate.authenticate(await token({ ...loginClaims, sub: 'User::bob' }));
  await gate.authenticate(await issuerToken({ ...personClaims, kind: 'robot' }));
  await gate.authenticate('not.a.token');
  const refusals = lines.map(({ reason, kind, issuer, credentialId }) => ({ reason, kind, issuer, credentialId }));
  expect(refusals).toEqual([
    { reason: 'unknown-key', kind: 'key' },
    { reason: 'login-of-another', kind: 'access-token', credentialId: `login:${loginId}` },
    { reason: 'no-rule', kind: 'issuer-token', issuer: 'corp' },
    { reason: 'malformed', kind: 'issuer-token' },
  ]);
  for (let index = 0; index < 100; index += 1) await gate.authenticate(`sp_secret${index}`);
  expect(lines.length).toBeLessThanOrEqual(20);
  expect(JSON.stringify(lines)).not.toContain('secret');
});

test('what a session rests on can be had only from the very answer that was given', async () => {
  const { gate } = setUp();
  const authenticated = (await gate.authenticate('sp_ci'))!;
  expect(gate.evidenceOf(authenticated)).toMatchObject({ credentialId: 'ci-key', subject: { kind: 'key' } });
  expect(gate.evidenceOf({ ...authenticated })).toBeUndefined();
});
