import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { issueServerCertificate, makeAuthority, type CertificateAuthority } from '@sallyport/testing';
import { WebSocketServer } from 'ws';
import { eventually, TestingControlPlane } from '../testing-control-plane.js';
import { silentLog, temporaryDirectory } from '../testing-gateway.js';
import { ControlPlaneLink } from './control-plane-link.js';
import { Identity } from './identity.js';

const closing: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function dial(url: string, options: { readonly ca?: string; readonly enrolmentToken: string }) {
  const directory = temporaryDirectory();
  const failures: unknown[] = [];
  const link = new ControlPlaneLink({
    url,
    name: 'local',
    identity: new Identity(directory.path),
    log: { ...silentLog, warn: (what: unknown) => void failures.push(what) },
    describe: () => ({ version: '1.2.3', adapters: [], sessions: [] }),
    onPush: () => undefined,
    onReady: () => undefined,
    timing: { firstRetry: 10, longestRetry: 40, heartbeat: 100, handshake: 1000 },
    ...options,
  });
  closing.push(directory.remove, () => link.stop());
  link.start();
  return { link, failures };
}

/** A peer over TLS that would gladly take an enrolment token. */
async function impostor(authority: CertificateAuthority, name: string) {
  const { certificate, privateKey } = await issueServerCertificate(authority, [name]);
  const server = createServer({ cert: certificate, key: privateKey });
  const heard: string[] = [];
  let met = 0;
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    met += 1;
    socket.on('message', (data: Buffer) => heard.push(data.toString()));
    socket.send(JSON.stringify({ v: 1, id: '1', type: 'control-plane.challenge', body: { nonce: 'n'.repeat(43) } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  });
  return { url: `wss://127.0.0.1:${(server.address() as AddressInfo).port}/gateway`, heard, met: () => met };
}

test('CP-08: a control plane that another authority vouches for, or under another name, gets no token', async () => {
  const [ours, theirs] = [await makeAuthority('ours'), await makeAuthority('theirs')];
  const wrong = [await impostor(theirs, '127.0.0.1'), await impostor(ours, 'elsewhere.example')];
  for (const { url, heard, met } of wrong) {
    const { link, failures } = dial(url, { ca: ours.certificate, enrolmentToken: 'a-one-time-token-of-ours' });
    await eventually(() => failures.length >= 3);
    expect([link.connected, met(), heard]).toEqual([false, 0, []]);
  }
  const right = await impostor(ours, '127.0.0.1');
  dial(right.url, { ca: ours.certificate, enrolmentToken: 'a-one-time-token-of-ours' });
  await eventually(() => right.heard.some((text) => text.includes('a-one-time-token-of-ours')));
});

test('CP-02: neither a token nor an answer leads to another control plane', async () => {
  const elsewhere = await new TestingControlPlane().start();
  closing.push(() => elsewhere.stop());
  const paths: (string | undefined)[] = [];
  const server = createPlainServer().on('upgrade', (request, socket) => {
    paths.push(request.url);
    socket.on('error', () => undefined);
    const location = elsewhere.url.replace('ws:', 'http:');
    socket.end(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => void server.close());
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/gateway`;
  const { link } = dial(url, { enrolmentToken: `${elsewhere.url}#${elsewhere.enrolmentToken()}` });
  await eventually(() => paths.length >= 3);
  expect(new Set(paths)).toEqual(new Set(['/gateway']));
  expect([link.connected, elsewhere.connections, elsewhere.asked]).toEqual([false, 0, []]);
});
