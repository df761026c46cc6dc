import type { ServerOptions } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { issueServerCertificate, makeAuthority, type CertificateAuthority } from '@sallyport/testing';
import { startNodeOrigin, type NodeOrigin } from '../testing/node-origin.js';
import { ask, poolTo, type Outcome } from '../testing/upstream-client.js';
import type { UpstreamEndpoint } from './dial.js';

let authority: CertificateAuthority;
beforeAll(async () => {
  authority = await makeAuthority();
});

/** Tells what it knows of the connection. */
async function startOrigin(names: string[], options: ServerOptions = {}): Promise<NodeOrigin> {
  const issued = await issueServerCertificate(authority, names);
  return startNodeOrigin(
    (request, response) => {
      const socket = request.socket as TLSSocket;
      const { subject } = socket.getPeerCertificate();
      response.end(
        JSON.stringify({
          servername: socket.servername,
          alpn: socket.alpnProtocol,
          reused: socket.isSessionReused(),
          client: subject?.CN,
        }),
      );
    },
    { cert: issued.certificate, key: issued.privateKey, ...options },
  );
}

async function asked(port: number, endpoint: Partial<UpstreamEndpoint>): Promise<Outcome> {
  const pool = poolTo(port, { endpoint: { host: '127.0.0.1', port, tls: 'verify-full', ...endpoint } });
  const outcome = await ask(pool).outcome;
  pool.close();
  return outcome;
}

function codeOf(outcome: Outcome): unknown {
  if (outcome.kind === 'failed') return [outcome.fault.code, outcome.sent];
  return outcome.kind === 'response' ? JSON.parse(outcome.body.toString()) : outcome.kind;
}

test('the certificate must bear the name, or the address, that was configured', async () => {
  const origin = await startOrigin(['target.test', '127.0.0.1']);
  const ca = authority.certificate;
  expect(codeOf(await asked(origin.port, { ca }))).toMatchObject({ servername: false, alpn: 'http/1.1' });
  expect(codeOf(await asked(origin.port, { ca, serverName: 'target.test' }))).toMatchObject({
    servername: 'target.test',
  });
  expect(codeOf(await asked(origin.port, { ca, serverName: 'other.test' }))).toEqual(['upstream-tls', false]);
  expect(codeOf(await asked(origin.port, { ca, host: 'localhost' }))).toEqual(['upstream-tls', false]);
  await origin.stop();
});

test('where one address of several does not answer the next one is tried, and its certificate checked as ever', async () => {
  const origin = await startOrigin(['target.test']);
  const to = async (name: string): Promise<unknown> => {
    const { certificate: ca } = authority;
    const endpoint = { host: 'localhost', serverName: name, port: origin.port, tls: 'verify-full', ca } as const;
    const pool = poolTo(origin.port, { endpoint, lookup: () => Promise.resolve(['127.0.0.9', '127.0.0.1']) });
    const outcome = await ask(pool).outcome;
    pool.close();
    return codeOf(outcome);
  };
  expect(await to('target.test')).toMatchObject({ servername: 'target.test', alpn: 'http/1.1' });
  expect(await to('other.test')).toEqual(['upstream-tls', false]);
  await origin.stop();
});

test('the certificate must come from the authority that was configured, whatever the environment says', async () => {
  const origin = await startOrigin(['127.0.0.1']);
  const other = await makeAuthority('Other');
  expect(codeOf(await asked(origin.port, {}))).toEqual(['upstream-tls', false]);
  expect(codeOf(await asked(origin.port, { ca: other.certificate }))).toEqual(['upstream-tls', false]);
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  try {
    expect(codeOf(await asked(origin.port, { ca: other.certificate }))).toEqual(['upstream-tls', false]);
  } finally {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  }
  await origin.stop();
});

test('nothing older than TLS 1.2 is spoken', async () => {
  const origin = await startOrigin(['127.0.0.1'], {
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  expect(codeOf(await asked(origin.port, { ca: authority.certificate }))).toEqual(['upstream-tls', false]);
  await origin.stop();
});

test('the client certificate is shown; sessions are not resumed', async () => {
  const client = await issueServerCertificate(authority, ['gateway.test']);
  const ca = authority.certificate;
  const origin = await startOrigin(['127.0.0.1'], { ca, requestCert: true, rejectUnauthorized: false });
  const endpoint = { ca, clientCertificate: client.certificate, clientKey: client.privateKey };
  const pool = poolTo(origin.port, {
    endpoint: { host: '127.0.0.1', port: origin.port, tls: 'verify-full', ...endpoint },
  });
  const outcomes = await Promise.all([ask(pool).outcome, ask(pool).outcome]);
  expect(outcomes.map(codeOf)).toEqual(
    Array(2).fill({ servername: false, alpn: 'http/1.1', reused: false, client: 'gateway.test' }),
  );
  expect(origin.connections()).toBe(2);
  pool.close();
  expect(codeOf(await asked(origin.port, { ca }))).not.toHaveProperty('client');
  await origin.stop();
});

test('a target that does not speak TLS, or says nothing, is a fault in time', async () => {
  const plain = await startNodeOrigin((_request, response) => response.end());
  expect(codeOf(await asked(plain.port, { ca: authority.certificate }))).toEqual(['upstream-tls', false]);
  await plain.stop();
  const silent = createServer((socket) => socket.on('error', () => undefined).resume());
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const pool = poolTo(port, {
    endpoint: { host: '127.0.0.1', port, tls: 'verify-full' },
    limits: { connectMs: 60 },
  });
  expect(codeOf(await ask(pool).outcome)).toEqual(['upstream-connect-timeout', false]);
  pool.close();
  await new Promise((resolve) => silent.close(resolve));
});
