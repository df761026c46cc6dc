import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { Agent as PlainAgent, get as getPlain, type IncomingMessage, type RequestListener } from 'node:http';
import { connect as connectH2, type ClientHttp2Session } from 'node:http2';
import { Agent as SecureAgent, get as getSecure } from 'node:https';
import type { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';

/** What a download is: its bytes follow from it alone. */
export interface Download {
  /** `lines`: JSON with a field to mask. */
  readonly kind: 'length' | 'chunked' | 'gzip' | 'lines' | 'lines-gzip';
  readonly seed: number;
  readonly bytes: number;
}

/** As random as can be, and the same each time. */
export function contentOf({ kind, seed, bytes }: Download): Buffer {
  const key = createHash('sha256').update(`${seed}`).digest().subarray(0, 16);
  const random = createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
  if (!kind.startsWith('lines')) return random;
  let text = '';
  for (let at = 0; text.length < bytes; at += 1) {
    const size = 20 + (random[at]! << 4);
    text += `{"id":${at},"email":"ann${at}@example.com","note":"${random.subarray(at, at + size).toString('hex')}"}\n`;
  }
  return Buffer.from(text);
}

/** How the client sees it. */
export function shownOf(download: Download): Buffer {
  const content = contentOf(download);
  if (!download.kind.startsWith('lines')) return content;
  return Buffer.from(content.toString().replace(/ann\d+@example\.com/g, '[redacted]'));
}

export const pathOf = ({ kind, seed, bytes }: Download): string => `/${kind}/${seed}/${bytes}`;

/** Serves them below `/v1`, those of unknown length in chunks of any size. */
export const serveDownloads: RequestListener = (request, response) => {
  const [, kind, seed, bytes] = /^\/v1\/([a-z-]+)\/(\d+)\/(\d+)$/.exec(request.url!)!;
  const content = contentOf({ kind: kind as Download['kind'], seed: Number(seed), bytes: Number(bytes) });
  const body = kind!.endsWith('gzip') ? gzipSync(content, { level: 1 }) : content;
  response.writeHead(200, {
    'content-type': kind!.startsWith('lines') ? 'application/x-ndjson' : 'application/octet-stream',
    ...(kind!.endsWith('gzip') ? { 'content-encoding': 'gzip' } : {}),
    ...(kind === 'length' ? { 'content-length': body.length } : {}),
  });
  if (kind === 'length') return void response.end(body);
  const cuts = randomBytes(64);
  const go = (from: number, turn: number): void => {
    if (from >= body.length) return void response.end();
    const until = from + 1 + (cuts[turn % cuts.length]! << (turn % 3 === 0 ? 0 : 9));
    if (response.write(body.subarray(from, until))) setImmediate(go, until, turn + 1);
    else response.once('drain', () => go(until, turn + 1));
  };
  go(0, 0);
};

/** One connection to a gateway, which asks for one thing at a time or, with HTTP/2, for many. */
export interface DownloadClient {
  get(url: string): Promise<Readable>;
  close(): void;
}

const headers = { authorization: 'Bearer token' };

export function h1Client(ca: string | undefined): DownloadClient {
  const agent = ca === undefined ? new PlainAgent(oneAlive) : new SecureAgent({ ...oneAlive, ca });
  const get = ca === undefined ? getPlain : getSecure;
  return {
    get: (url) =>
      new Promise<IncomingMessage>((resolve, reject) => {
        get(url, { agent, headers }, (response) => {
          if (response.statusCode === 200) resolve(response);
          else reject(new Error(`${url}: ${response.statusCode}`));
        }).on('error', reject);
      }),
    close: () => agent.destroy(),
  };
}
const oneAlive = { keepAlive: true, maxSockets: 1 };

export function h2Client(port: number, ca: string): DownloadClient {
  const session: ClientHttp2Session = connectH2(`https://127.0.0.1:${port}`, { ca });
  return {
    get: (url) => {
      const stream = session.request({ ':path': new URL(url).pathname, ...headers });
      return new Promise((resolve, reject) => {
        stream.on('error', reject).on('response', ({ ':status': status }) => {
          if (status === 200) resolve(stream);
          else reject(new Error(`${url}: ${status}`));
        });
      });
    },
    close: () => session.destroy(),
  };
}

/** Reads slowly: rests before it begins and after each `restEvery` bytes, so that what is on its way has to wait. */
export async function readSlowly(readable: Readable, restEvery: number, restMs = 20): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let owed = restEvery;
  for await (const chunk of readable as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    owed += chunk.length;
    if (owed < restEvery) continue;
    owed = 0;
    await new Promise((resolve) => setTimeout(resolve, restMs));
  }
  return Buffer.concat(chunks);
}
