import { createHash } from 'node:crypto';
import { createServer as createPlain, get as httpGet, Agent, type Server } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Action, Decision } from '@sallyport/domain';
import { issueServerCertificate, makeAuthority } from '@sallyport/testing';
import { WebSocket, WebSocketServer } from 'ws';
import {
  contentOf,
  h1Client,
  h2Client,
  pathOf,
  readSlowly,
  serveDownloads,
  shownOf,
  type Download,
  type DownloadClient,
} from './testing/downloads.js';
import { TestGateway } from './testing/gateway.js';

// A chunk whose memory is written to while somebody still needs it shows one answer's bytes in another. Nothing but the
// bytes tells: these tests compare all of them, with readers slow enough that every queue on the way fills.

const targets = ['plain', 'tls', 'h2'] as const;
const clients = ['plain', 'tls', 'h2'] as const;
type Target = (typeof targets)[number];
type Client = (typeof clients)[number];

const permit = (action: Action): Decision => ({
  effect: 'permit',
  obligations: (action.lineage.fields ?? []).map(({ field, mask }) => ({ kind: 'maskField', field, method: mask })),
  because: [{ code: 'permitted' }],
  policyRevision: 1,
});

let ca: string;
let context: SecureContext;
const origins = {} as Record<Target, Pick<Server, 'listen' | 'close' | 'address' | 'on'>>;
const gateways: TestGateway[] = [];
const open: { close(): void }[] = [];
beforeAll(async () => {
  const authority = await makeAuthority();
  const { certificate: cert, privateKey: key } = await issueServerCertificate(authority, ['127.0.0.1']);
  ca = authority.certificate;
  context = createSecureContext({ cert, key });
  origins.plain = createPlain(serveDownloads);
  origins.tls = createSecure({ cert, key }, serveDownloads);
  origins.h2 = createSecureServer({ cert, key }, serveDownloads as never) as never;
  for (const origin of Object.values(origins)) {
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  }
});
afterEach(() => {
  for (const one of open.splice(0)) one.close();
  for (const gateway of gateways.splice(0)) gateway.stop();
});
afterAll(() => {
  for (const origin of Object.values(origins)) origin.close();
});

/** @param masked answers in lines lose the field `email`, and cannot come otherwise */
async function gatewayTo(target: Target, client: Client, masked = false): Promise<TestGateway> {
  const { port } = origins[target].address() as AddressInfo;
  const field = { kind: 'Field', resource: 'shop', path: '$..email' } as const;
  const gateway = await TestGateway.start(
    {
      name: 'shop',
      protocol: 'http',
      upstream: {
        ...{ host: '127.0.0.1', port, path: '/v1', ca, http2: target === 'h2' },
        tls: target === 'plain' ? 'disable' : 'verify-full',
      },
      credential: { bearer: 'upstream-secret' },
      classification: [],
      fields: masked ? [{ field, by: { path: '$..email' }, tags: ['pii'], mask: 'redact', in: 'response' }] : [],
      http: { routes: [], allowHeaders: [], maxBodyBytes: 1_048_576 },
      revision: '1',
    },
    permit,
    client === 'plain' ? undefined : context,
  );
  gateways.push(gateway);
  return gateway;
}

function clientOf(client: Client, gateway: TestGateway): DownloadClient {
  const made = client === 'h2' ? h2Client(gateway.port, ca) : h1Client(client === 'tls' ? ca : undefined);
  open.push(made);
  return made;
}

const urlOf = (gateway: TestGateway, client: Client, download: Download): string =>
  gateway.url(pathOf(download), client === 'plain' ? 'http' : 'https');

const digest = (bytes: Buffer): string => `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`;

const combinations = targets.flatMap((target) => clients.map((client) => [target, client] as const));

test.each(combinations)(
  'downloads from a target by %s to a client by %s arrive to the byte, one after the other on one connection',
  async (target, client) => {
    const gateway = await gatewayTo(target, client);
    const through = clientOf(client, gateway);
    const downloads: Download[] = [
      { kind: 'length', seed: 1, bytes: 12 << 20 },
      { kind: 'chunked', seed: 2, bytes: 6 << 20 },
      { kind: 'length', seed: 3, bytes: 50_000 },
      { kind: 'gzip', seed: 4, bytes: 4 << 20 },
      { kind: 'chunked', seed: 5, bytes: 40_000 },
    ];
    for (const download of downloads) {
      const got = await readSlowly(await through.get(urlOf(gateway, client, download)), 1 << 20);
      expect([download, digest(got)]).toEqual([download, digest(contentOf(download))]);
    }
  },
  60_000,
);

test.each(combinations)(
  'masked lines from a target by %s to a client by %s arrive to the byte but for what is masked',
  async (target, client) => {
    const gateway = await gatewayTo(target, client, true);
    const through = clientOf(client, gateway);
    for (const kind of ['lines', 'lines-gzip'] as const) {
      for (const bytes of [3 << 20, 30_000]) {
        const download = { kind, seed: bytes, bytes };
        const got = await readSlowly(await through.get(urlOf(gateway, client, download)), 1 << 19);
        expect([download, digest(got)]).toEqual([download, digest(shownOf(download))]);
      }
    }
  },
  60_000,
);

test.each(targets)(
  'what a stream of a client waits for while others go on over the same connection to a target by %s stays its own',
  async (target) => {
    const gateway = await gatewayTo(target, 'h2');
    const through = clientOf('h2', gateway);
    // As much as the client's window and the gateway's queue take: the target is done with it, and asked for the next.
    const waiting = await Promise.all(
      [11, 12, 13].map(async (seed) => {
        const download: Download = { kind: 'length', seed, bytes: 100_000 };
        return { download, stream: await through.get(urlOf(gateway, 'h2', download)) };
      }),
    );
    for (let seed = 21; seed < 29; seed += 1) {
      const download: Download = { kind: seed % 2 === 0 ? 'length' : 'chunked', seed, bytes: 700_000 };
      const got = await readSlowly(await through.get(urlOf(gateway, 'h2', download)), 1 << 18, 1);
      expect([download, digest(got)]).toEqual([download, digest(contentOf(download))]);
    }
    for (const { download, stream } of waiting) {
      expect([download, digest(await readSlowly(stream, 1 << 20))]).toEqual([download, digest(contentOf(download))]);
    }
  },
  60_000,
);

test('a tunnel on the connection that a download came by hands on what is never overwritten', async () => {
  const gateway = await gatewayTo('plain', 'plain');
  const sockets = new WebSocketServer({ noServer: true });
  const sent = [1, 70, 3, 200, 16, 5, 900, 64].map((kilobytes, seed) =>
    contentOf({ kind: 'length', seed, bytes: kilobytes << 10 }),
  );
  const connections = new Set<unknown>();
  origins.plain.on('request', (request) => connections.add(request.socket));
  origins.plain.on('upgrade', (request, socket, head) => {
    connections.add(socket);
    sockets.handleUpgrade(request, socket, head, (peer) => {
      for (let round = 0; round < 10; round += 1) for (const message of sent) peer.send(message);
    });
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const authorization = { authorization: 'Bearer token' };
  const download: Download = { kind: 'length', seed: 9, bytes: 3 << 20 };
  const got = await new Promise<Buffer>((resolve, reject) => {
    httpGet(gateway.url(pathOf(download)), { agent, headers: authorization }, (response) => {
      readSlowly(response, 1 << 20).then(resolve, reject);
    });
  });
  expect(digest(got)).toBe(digest(contentOf(download)));
  const socket = new WebSocket(gateway.url('/socket', 'ws'), { agent, headers: authorization });
  const received: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject).on('message', (message: Buffer) => {
      received.push(message);
      // Reads in fits and starts.
      if (received.length % 8 === 0) {
        socket.pause();
        setTimeout(() => socket.resume(), 10);
      }
      if (received.length === 10 * sent.length) resolve();
    });
  });
  expect(received.map(digest)).toEqual(Array.from({ length: 10 }, () => sent.map(digest)).flat());
  expect(connections.size).toBe(1);
  socket.terminate();
  sockets.close();
  agent.destroy();
}, 60_000);
