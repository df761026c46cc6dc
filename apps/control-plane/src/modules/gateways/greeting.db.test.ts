import { once } from 'node:events';
import { WebSocket } from 'ws';
import { Signer } from '../../platform/crypto/signer.js';
import { eventually } from '../../testing/eventually.js';
import { GatewayClient } from '../../testing/gateway-client.js';
import { useFleet } from '../../testing/gateway-fleet.js';
import { GatewayCredentials } from './gateway-credentials.js';

const fleet = useFleet();

describe('enrolment', () => {
  test('a token becomes a gateway, which then shows up, connected', async () => {
    await fleet.ready('edge-1');
    const { body } = await fleet.one.call('GET', '/v1/gateways/edge-1');
    expect(body).toMatchObject({ name: 'edge-1', connected: true, version: '0.1.0' });
    expect(await fleet.auditOf('Gateway::edge-1')).toEqual(['gateway.enrol', 'gateway.enrolment.create']);
  });

  test('CP-01: a token works once, and its second use is on record', async () => {
    const token = await fleet.tokenFor('edge-2');
    await (await fleet.connect()).enrol(token, 'edge-2');
    const thief = await fleet.connect(fleet.two);
    await expect(thief.enrol(token, 'edge-2')).rejects.toThrow('enrolment-refused');
    expect(await fleet.auditOf('Gateway::edge-2')).toContain('gateway.enrolment.replay');
  });

  test('CP-01: of many uses at once one succeeds', async () => {
    const token = await fleet.tokenFor('edge-3');
    const clients = await Promise.all(
      Array.from({ length: 6 }, (_, n) => fleet.connect(n % 2 ? fleet.one : fleet.two)),
    );
    const outcomes = await Promise.allSettled(clients.map((client) => client.enrol(token, 'edge-3')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('CP-01: a token is for one name, and not for ever', async () => {
    const token = await fleet.tokenFor('edge-4');
    await expect((await fleet.connect()).enrol(token, 'edge-5')).rejects.toThrow('enrolment-refused');
    await fleet.one.database.query(`UPDATE gateway_enrolments SET expires_at = now() WHERE gateway = 'edge-4'`);
    await expect((await fleet.connect()).enrol(token, 'edge-4')).rejects.toThrow('enrolment-refused');
  });

  test('CP-01: a private key is not taken, and the token is not spent on it', async () => {
    const client = await fleet.connect();
    const token = await fleet.tokenFor('edge-6');
    const leaked = { ...client.key.export({ format: 'jwk' }) };
    const reply = await client.request('gateway.enrol', { token, name: 'edge-6', publicKey: leaked });
    expect(reply).toMatchObject({ ok: false, code: 'invalid-key' });
    await client.enrol(token, 'edge-6');
  });

  test('CP-01: only an administrator makes tokens', async () => {
    const stranger = await fleet.one.account('stranger');
    const body = { name: 'edge-7' };
    expect((await fleet.one.call('POST', '/v1/gateways/enrolments', { as: stranger, body })).status).toBe(403);
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
    [
      'a key that is not a gateway credential',
      (client) => ({ ...client.helloBody(), credential: fleet.one.administrator! }),
    ],
  ])('CP-02: %s is refused', async (_, change) => {
    const client = await fleet.enrolled('edge-bad');
    const reply = await client.request('gateway.hello', change(client));
    expect(reply).toMatchObject({ ok: false, code: 'hello-refused' });
    expect(client.pushed('policy.published')).toEqual([]);
  });

  test('CP-02: a credential is worth nothing without its key', async () => {
    const owner = await fleet.enrolled('edge-key');
    const thief = await fleet.connect();
    thief.credential = owner.credential;
    await expect(thief.hello()).rejects.toThrow('hello-refused');
  });

  test('CP-02: a proof that was overheard is worth nothing on another connection', async () => {
    const owner = await fleet.enrolled('edge-replay');
    const overheard = owner.helloBody();
    const thief = await fleet.again(owner);
    expect(await thief.request('gateway.hello', overheard)).toMatchObject({ ok: false, code: 'hello-refused' });
  });

  test('CP-02: an access token is no gateway credential', async () => {
    const form = { grant_type: 'client_credentials', client_secret: fleet.one.administrator! };
    const response = await fetch(`${fleet.one.url}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) });
    const { access_token: token } = (await response.json()) as { access_token: string };
    expect(token).toMatch(/^eyJ/);
    const client = await fleet.enrolled('edge-access');
    client.credential = token;
    await expect(client.hello()).rejects.toThrow('hello-refused');
  });

  test.each([
    ['a question', JSON.stringify({ v: 1, id: '1', type: 'approval.consume', body: {} })],
    ['a message of no known type', JSON.stringify({ v: 1, id: '1', type: 'what', body: {} })],
    ['text that is no envelope', 'hello'],
    ['an envelope of another version', JSON.stringify({ v: 2, id: '1', type: 'gateway.hello', body: {} })],
    ['a hello of another shape', JSON.stringify({ v: 1, id: '1', type: 'gateway.hello', body: { credential: 'x' } })],
  ])('CP-04: %s before hello ends the connection', async (_, text) => {
    const client = await fleet.connect();
    client.send(text);
    await eventually(() => client.closed !== undefined);
    expect([1002, 1008]).toContain(client.closed!.code);
  });

  test('a binary frame whose lengths lie ends the connection', async () => {
    const client = await fleet.connect();
    client.socket.send(Buffer.from([0xff, 0xff, 0xff, 0xff, 0]));
    await eventually(() => client.closed !== undefined);
  });

  test('CP-01: refusals run out', async () => {
    const client = await fleet.connect();
    for (let n = 0; n < 3; n += 1) await client.request('gateway.hello', client.helloBody());
    await eventually(() => client.closed !== undefined);
    expect(client.closed!.code).toBe(4401);
  });

  test('CP-01: a credential is renewed on the connection', async () => {
    const client = await fleet.ready('edge-renew');
    const { credential, expiresAt } = await client.ask<{ credential: string; expiresAt: string }>('lease.renew', {});
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(3_500_000);
    const next = await fleet.again(client);
    next.credential = credential;
    expect(await next.hello()).toMatchObject({ name: 'edge-renew' });
  });

  test.each([
    ['an hour ago still opens', 3600, true],
    ['forty days ago no longer opens', 40 * 24 * 3600, false],
  ])('CP-01: a credential that lapsed %s a connection, with proof of its key', async (_, agoSeconds, opens) => {
    const client = await fleet.enrolled('edge-lapsed');
    const { name, thumbprint } = (await fleet.one.app.get(GatewayCredentials).verify(client.credential))!;
    client.credential = await fleet.one.app.get(Signer).issueToken({
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
  ])('ID-22: a connection %s is refused', async (_, path, headers, status) => {
    const socket = new WebSocket(fleet.one.url.replace('http', 'ws') + path, { headers });
    socket.on('error', () => undefined);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(status);
    socket.terminate();
  });

  test('CP-01: one address has only so many unproven connections', async () => {
    const waiting = await Promise.all(Array.from({ length: 8 }, () => fleet.connect()));
    await expect(GatewayClient.connect(fleet.one.url)).rejects.toThrow();
    await waiting[0]!.close();
    await eventually(async () => {
      try {
        await fleet.connect();
        return true;
      } catch {
        return false;
      }
    });
  });
});

function unsigned(credential: string): string {
  const [, payload] = credential.split('.');
  const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'gateway+jwt' })).toString('base64url');
  return `${header}.${payload}.`;
}
