import { readdirSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { enforce } from '@sallyport/enforcement';
import { verifyRecording } from '@sallyport/recording';
import { eventually, sampleResource, sha256 } from './testing-control-plane.js';
import { selectAction } from './testing-gateway.js';
import { client, ready, withGateway, type Running } from './testing-running-gateway.js';
import { pageFile } from './recorder/page-file.js';

test('CP-04: without a policy nobody gets in, and the gateway says that it is not ready', async () => {
  await withGateway(async ({ port, health }) => {
    expect((await client(port, 'sp_ci shop')).said()).toBe('no\n');
    const response = await fetch(`${health}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ obstacles: ['no policy has been received'] });
    expect((await fetch(`${health}/healthz`)).status).toBe(200);
  });
});

test('a session is reported, judged, recorded, delivered whole, and its traces leave the disk', async () => {
  await withGateway(async (running) => {
    const { controlPlane, adapter, port, stateDir, health } = running;
    await ready(running);
    expect((await client(port, 'sp_wrong shop')).said()).toBe('no\n');
    expect((await client(port, 'sp_ci nowhere')).said()).toBe('no\n');
    const { socket, said } = await client(port, 'sp_ci shop');
    expect(said()).toBe('ready\n');
    const session = adapter.sessions[0]!;
    const verdict = enforce(
      { ...session, session: session.info, capabilities: adapter.serves[0]!.capabilities },
      { seq: 1, phase: 'execute', request: 'select 1', action: selectAction() },
    );
    expect(verdict.kind).toBe('permit');
    if (verdict.kind === 'permit') expect(verdict.permit.take()).toBe('select 1');
    session.recorder.response(Buffer.from('one row'));
    session.recorder.outcome(1, 'SELECT 1');
    const metrics = await (await fetch(`${health}/metrics`)).text();
    expect(metrics).toContain('sallyport_gateway_sessions 1');
    expect(metrics).toContain('sallyport_gateway_decisions_total{effect="permit"} 1');
    socket.end();
    await eventually(() => controlPlane.bodies('session.closed').length === 1);
    await eventually(() => controlPlane.bodies('recording.segment').some((segment) => segment.last));
    expect(controlPlane.bodies('session.opened')).toEqual([{ ...session.info }]);
    const [segments] = [...controlPlane.segments.values()];
    const last = controlPlane.bodies('recording.segment').at(-1)!;
    const report = await verifyRecording(segments!, { sessionId: session.info.id, chain: last.chain });
    expect(report).toMatchObject({ ok: true, decisions: 1 });
    await eventually(() => readdirSync(join(stateDir, 'spool')).every((name) => name === pageFile));
  });
});

test('CP-05: targets’ secrets and policies never reach the disk; what does is private', async () => {
  await withGateway(async (running) => {
    await ready(running);
    await client(running.port, 'sp_ci shop');
    for (const file of readdirSync(running.stateDir, { recursive: true, withFileTypes: true })) {
      const path = join(file.parentPath, file.name);
      expect(statSync(path).mode & 0o077).toBe(0);
      if (file.isFile()) expect(readFileSync(path, 'latin1')).not.toMatch(/target-secret|sp_ci/);
    }
    expect(statSync(running.stateDir).mode & 0o077).toBe(0);
  });
});

const cuts: [string, (running: Running) => void, string][] = [
  [
    'its key is gone',
    ({ controlPlane }) => controlPlane.publish({ serviceAccounts: [] }),
    'the credential is no longer valid',
  ],
  [
    'its account is disabled',
    ({ controlPlane }) =>
      controlPlane.publish({
        serviceAccounts: [
          { name: 'ci', disabled: true, expiresAt: null, keys: [{ id: 'k1', hash: sha256('sp_ci'), expiresAt: null }] },
        ],
      }),
    'the credential is no longer valid',
  ],
  ['its resource is gone', ({ controlPlane }) => controlPlane.publish({ resources: [] }), 'the resource is gone'],
  [
    'its resource leads elsewhere',
    ({ controlPlane }) => {
      const upstream = { ...sampleResource().upstream, host: '10.0.0.9' };
      controlPlane.publish({ resources: [{ ...sampleResource(), upstream, revision: 'r2' }] });
    },
    'the resource has moved',
  ],
  [
    'policy no longer lets it connect',
    ({ controlPlane }) => controlPlane.publish({ policies: [{ name: 'p', cedar: 'deny' }] }),
    'access was withdrawn',
  ],
  [
    'its identity is revoked',
    ({ controlPlane }) => controlPlane.push('identity.revoked', { principal: 'ServiceAccount::ci' }),
    'access was revoked',
  ],
  [
    'somebody terminates it',
    ({ controlPlane, adapter }) =>
      controlPlane.push('session.terminate', { sessionId: adapter.sessions[0]!.info.id, reason: 'enough' }),
    'enough',
  ],
];

test.each(cuts)('ID-08: a live session ends at once when %s', async (_why, cut, reason) => {
  await withGateway(async (running) => {
    await ready(running);
    const { said, ended } = await client(running.port, 'sp_ci shop');
    const start = performance.now();
    cut(running);
    await eventually(ended);
    expect(performance.now() - start).toBeLessThan(5000);
    expect(said()).toBe(`ready\n${reason}\n`);
    await eventually(() => running.controlPlane.bodies('session.closed').length === 1);
    expect(running.controlPlane.bodies('session.closed')[0]!.reason).toBe(reason);
  });
});

test('a revocation of another credential leaves a session alone, and a revoked one cannot log in again', async () => {
  await withGateway(async (running) => {
    const { controlPlane, port } = running;
    await ready(running);
    const live = await client(port, 'sp_ci shop');
    controlPlane.push('identity.revoked', { principal: 'ServiceAccount::ci', credentialId: 'k2' });
    controlPlane.push('identity.revoked', { principal: 'ServiceAccount::other' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(live.ended()).toBe(false);
    controlPlane.push('identity.revoked', { principal: 'ServiceAccount::ci', credentialId: 'k1' });
    await eventually(live.ended);
    expect((await client(port, 'sp_ci shop')).said()).toBe('not-authenticated\n');
  });
});

test('CP-03: a policy that gets too old denies, refuses new sessions, and after the grace ends the live ones', async () => {
  await withGateway(async (running) => {
    const { controlPlane, adapter, port, gateway } = running;
    controlPlane.publish({ maxAgeSeconds: 1 });
    await eventually(() => gateway.obstacles().length === 0);
    const live = await client(port, 'sp_ci shop');
    const { policy } = adapter.sessions[0]!;
    expect(policy.judge(selectAction()).effect).toBe('permit');
    await eventually(() => gateway.obstacles().length > 0);
    expect(policy.judge(selectAction())).toMatchObject({ effect: 'deny', because: [{ code: 'policy-stale' }] });
    expect((await client(port, 'sp_ci shop')).said()).toBe('no\n');
    await eventually(live.ended);
    expect(live.said()).toContain('the policy is too old');
  });
});

test('while the control plane is away sessions go on, and afterwards it learns everything', async () => {
  await withGateway(async (running) => {
    const { controlPlane, adapter, port } = running;
    await ready(running);
    await controlPlane.stop();
    const { socket, said } = await client(port, 'sp_ci shop');
    expect(said()).toBe('ready\n');
    const { info } = adapter.sessions[0]!;
    socket.end();
    await controlPlane.start();
    await eventually(() =>
      controlPlane.bodies('recording.segment').some(({ sessionId, last }) => sessionId === info.id && last),
    );
    await eventually(() => controlPlane.bodies('session.closed').some(({ sessionId }) => sessionId === info.id));
    const order = controlPlane.asked.filter(({ type }) => type === 'session.opened' || type === 'recording.segment');
    expect(order[0]!.type).toBe('session.opened');
  });
});

test('shutdown ends idle sessions at once and lets a running exchange finish', async () => {
  await withGateway(async (running) => {
    const { adapter, port, gateway, controlPlane } = running;
    await ready(running);
    const idle = await client(port, 'sp_ci shop');
    const busy = await client(port, 'sp_ci shop');
    const { recorder, policy } = adapter.sessions[1]!;
    const action = selectAction();
    recorder.decision({ seq: 1, phase: 'execute', action, decision: policy.judge(action) });
    const stopped = gateway.stop();
    await eventually(idle.ended);
    expect(busy.ended()).toBe(false);
    recorder.outcome(1, 'SELECT 1');
    await eventually(busy.ended);
    await stopped;
    expect(controlPlane.bodies('recording.segment').filter(({ last }) => last)).toHaveLength(2);
  });
});

test('more sockets than may be unauthenticated are turned away, sessions do not count', async () => {
  await withGateway(async (running) => {
    await ready(running);
    for (let index = 0; index < 3; index += 1)
      expect((await client(running.port, 'sp_ci shop')).said()).toBe('ready\n');
    const silent = Array.from({ length: 30 }, () => connect(running.port, '127.0.0.1').on('error', () => undefined));
    let closed = 0;
    for (const socket of silent) socket.on('close', () => (closed += 1)).resume();
    await eventually(() => closed === 10);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(closed).toBe(10);
    for (const socket of silent) socket.destroy();
  });
});
