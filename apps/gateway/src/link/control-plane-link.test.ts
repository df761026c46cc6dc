import { statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { eventually, TestingControlPlane } from '../testing-control-plane.js';
import { silentLog, temporaryDirectory } from '../testing-gateway.js';
import type { Push } from './connection.js';
import { ControlPlaneLink, type LinkOptions } from './control-plane-link.js';
import { Identity } from './identity.js';

let directory: ReturnType<typeof temporaryDirectory>;
let controlPlane: TestingControlPlane;
const links: ControlPlaneLink[] = [];
beforeEach(async () => {
  directory = temporaryDirectory();
  controlPlane = await new TestingControlPlane().start();
});
afterEach(async () => {
  for (const link of links.splice(0)) link.stop();
  await controlPlane.stop();
  directory.remove();
});

function dial(options: Partial<LinkOptions> = {}) {
  const pushes: Push[] = [];
  const link = new ControlPlaneLink({
    url: controlPlane.url,
    name: 'local',
    identity: new Identity(directory.path),
    log: silentLog,
    describe: () => ({ version: '1.2.3', adapters: [], sessions: [] }),
    onPush: (push) => pushes.push(push),
    onReady: () => undefined,
    timing: { firstRetry: 10, longestRetry: 40, heartbeat: 100, handshake: 300 },
    ...options,
  });
  links.push(link);
  link.start();
  return { link, pushes };
}

test('CP-01: it enrols once with a key of its own, and afterwards says hello with what it was given', async () => {
  const first = dial({ enrolmentToken: controlPlane.enrolmentToken() });
  await eventually(() => first.link.connected);
  first.link.stop();
  expect(statSync(join(directory.path, 'identity.json')).mode & 0o777).toBe(0o600);
  const again = dial();
  await eventually(() => again.link.connected);
  const hellos = controlPlane.bodies('gateway.hello');
  expect(hellos).toHaveLength(2);
  expect(hellos[1]!.credential).toBe(hellos[0]!.credential);
  expect(hellos[1]!.proof).not.toBe(hellos[0]!.proof);
  const [enrolment] = controlPlane.bodies('gateway.enrol');
  expect(controlPlane.bodies('gateway.enrol')).toHaveLength(1);
  expect(enrolment!.publicKey).toMatchObject({ kty: 'OKP', crv: 'Ed25519' });
  expect(enrolment!.publicKey).not.toHaveProperty('d');
});

test('a token that was refused is not tried forever, and without one nothing is', async () => {
  const { link } = dial({ enrolmentToken: 'a token that nobody issued' });
  await eventually(() => controlPlane.bodies('gateway.enrol').length > 0);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(controlPlane.bodies('gateway.enrol')).toHaveLength(1);
  expect(link.connected).toBe(false);
});

test('a gateway whose enrolment was deleted uses a fresh token to come back', async () => {
  const first = dial({ enrolmentToken: controlPlane.enrolmentToken() });
  await eventually(() => first.link.connected);
  first.link.stop();
  let refused = false;
  controlPlane.on('gateway.hello', () => {
    if (refused) return undefined;
    refused = true;
    return { refuse: 'hello-refused' };
  });
  const again = dial({ enrolmentToken: controlPlane.enrolmentToken() });
  await eventually(() => again.link.connected);
  expect(controlPlane.bodies('gateway.enrol')).toHaveLength(2);
});

test('a lost connection is dialled again, and whoever waited for a reply learns that it will not come', async () => {
  const { link } = dial({ enrolmentToken: controlPlane.enrolmentToken() });
  await eventually(() => link.connected);
  controlPlane.on('approval.consume', () => 'drop');
  const approvalId = '00000000-0000-4000-8000-000000000000';
  const lost = link.request('approval.consume', { approvalId, bindingHash: 'x' });
  await expect(lost).rejects.toMatchObject({ code: 'offline' });
  await expect(link.request('lease.renew', {})).rejects.toMatchObject({ code: 'offline' });
  await eventually(() => link.connected);
  controlPlane.on('approval.consume', () => 'silence');
  const silent = link.request('approval.consume', { approvalId, bindingHash: 'x' }, { timeoutMs: 50 });
  await expect(silent).rejects.toMatchObject({ code: 'timeout' });
});

test('CP-04: unknown and malformed messages are answered as such and change nothing', async () => {
  const { link, pushes } = dial({ enrolmentToken: controlPlane.enrolmentToken() });
  await eventually(() => link.connected);
  controlPlane.pushRaw('policy.deleted', {});
  controlPlane.pushRaw('constructor', {});
  controlPlane.pushRaw('session.terminate', { sessionId: 'not a uuid', reason: 'x' });
  controlPlane.pushRaw('identity.revoked', { principal: 'ServiceAccount::ci', more: true });
  await eventually(() => controlPlane.stray.length === 4);
  expect(controlPlane.stray.map((reply) => (reply as { body: { code: string } }).body.code)).toEqual([
    'unsupported',
    'unsupported',
    'malformed',
    'malformed',
  ]);
  controlPlane.push('identity.revoked', { principal: 'ServiceAccount::ci' });
  await eventually(() => pushes.length === 1);
  expect(link.connected).toBe(true);
});

test('what does not fit the contract is not even sent', async () => {
  const { link } = dial({ enrolmentToken: controlPlane.enrolmentToken() });
  await eventually(() => link.connected);
  const session = { sessionId: '00000000-0000-4000-8000-000000000000', endedAt: new Date().toISOString(), reason: 'x' };
  await link.request('session.closed', session);
  await expect(link.request('session.closed', { ...session, sessionId: 'x' })).rejects.toMatchObject({
    code: 'malformed',
  });
});

test('CP-01: a credential is renewed before it ends', async () => {
  controlPlane.credentialSeconds = 0.3;
  const { link } = dial({ enrolmentToken: controlPlane.enrolmentToken() });
  await eventually(() => controlPlane.bodies('lease.renew').length >= 3);
  expect(link.connected).toBe(true);
  const identity = new Identity(directory.path);
  expect(identity.enrolment!.credential).not.toBe(controlPlane.bodies('gateway.hello')[0]!.credential);
});

test('a peer that accepts and says nothing is given up', async () => {
  let connections = 0;
  const mute = createServer(() => (connections += 1));
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const { port } = mute.address() as { port: number };
  dial({ url: `ws://127.0.0.1:${port}/gateway` });
  await eventually(() => connections >= 2);
  for (const link of links.splice(0)) link.stop();
  mute.close();
});

test('CP-03: the highest revision ever seen survives a restart and never falls', async () => {
  const { link } = dial({ enrolmentToken: controlPlane.enrolmentToken() });
  await eventually(() => link.connected);
  const identity = new Identity(directory.path);
  identity.sawRevision(7);
  expect(new Identity(directory.path).highestRevision).toBe(7);
  identity.sawRevision(3);
  expect(new Identity(directory.path).highestRevision).toBe(7);
});
