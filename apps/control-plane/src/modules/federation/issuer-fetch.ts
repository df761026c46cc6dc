import type { LookupAddress } from 'node:dns';
import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { isAllowedUrl, resolveIssuerHost } from './issuer-address.js';

/** Larger than any discovery document or key set that means well. */
const maxAnswerBytes = 256 * 1024;
/** For everything: the name, the connection, the answer. */
const timeoutMs = 5_000;

export interface IssuerRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
export interface IssuerAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The issuer could not be asked, or did not answer in a way that counts. Says what, never what the answer held. */
export class IssuerUnreachable extends Error {
  override readonly name = 'IssuerUnreachable';
}

/**
 * Asks a server that an administrator, or a server that they named, has named. Only https (http on loopback), only to
 * addresses where an issuer may be, pinned for the connection; no redirect is followed, no proxy used, and neither time
 * nor size is without bound.
 * @throws IssuerUnreachable
 */
export async function askIssuer(url: URL, question: IssuerRequest = {}): Promise<IssuerAnswer> {
  if (!isAllowedUrl(url)) throw new IssuerUnreachable(`${url.origin} is neither https nor http on loopback`);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const addresses = await within(resolveIssuerHost(url), signal);
    const message = await send(url, { ...question, addresses, signal });
    return { status: message.statusCode ?? 0, headers: oneOfEach(message), body: await readBounded(message) };
  } catch (error) {
    if (error instanceof IssuerUnreachable) throw error;
    const { message, code } = error as NodeJS.ErrnoException;
    const why = signal.aborted ? 'did not answer in time' : (code ?? message);
    throw new IssuerUnreachable(`${url.origin}: ${why}`, { cause: error });
  }
}

/** JSON at this place. @throws IssuerUnreachable for anything but status 200 and JSON. */
export async function fetchIssuerJson(url: URL): Promise<unknown> {
  const { status, body } = await askIssuer(url, { headers: { accept: 'application/json' } });
  if (status !== 200) throw new IssuerUnreachable(`${url.origin}: answered with status ${status}`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown;
  } catch {
    throw new IssuerUnreachable(`${url.origin}: the answer is no JSON`);
  }
}

/** In the shape of `fetch`, for libraries that take one. */
export async function issuerFetch(
  url: string | URL,
  init: { method?: string; headers?: ConstructorParameters<typeof Headers>[0]; body?: unknown } = {},
): Promise<Response> {
  const { method, body } = init;
  if (body !== undefined && body !== null && typeof body !== 'string' && !(body instanceof URLSearchParams)) {
    throw new IssuerUnreachable('only text is sent to issuers');
  }
  const answer = await askIssuer(new URL(url), {
    headers: Object.fromEntries(new Headers(init.headers)),
    ...(method !== undefined && { method }),
    ...(body !== undefined && body !== null && { body: String(body) }),
  });
  // RFC 9110 §6.4.1; a Response with one of these statuses may hold no body.
  const isEmpty = [101, 204, 205, 304].includes(answer.status);
  return new Response(isEmpty ? null : new Uint8Array(answer.body), { status: answer.status, headers: answer.headers });
}

interface Sending extends IssuerRequest {
  readonly addresses: readonly LookupAddress[];
  readonly signal: AbortSignal;
}

function send(url: URL, { method = 'GET', headers, body, addresses, signal }: Sending): Promise<IncomingMessage> {
  const isPlain = url.protocol === 'http:';
  return new Promise((resolve, reject) => {
    const outgoing = (isPlain ? httpRequest : httpsRequest)(url, {
      method,
      signal,
      // A connection of its own: a kept one may lead elsewhere than to the addresses that were just checked.
      agent: false,
      lookup: pinned(addresses),
      maxHeaderSize: 16 * 1024,
      headers: {
        ...headers,
        'accept-encoding': 'identity',
        ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      },
    });
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/** Answers what was resolved before, in both ways in which Node asks. */
function pinned(addresses: readonly LookupAddress[]): LookupFunction {
  return (_hostname, options, callback) => {
    if (options.all) return callback(null, [...addresses]);
    callback(null, addresses[0]!.address, addresses[0]!.family);
  };
}

async function readBounded(message: IncomingMessage): Promise<Buffer> {
  const encoding = message.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new IssuerUnreachable('the answer is compressed, unasked');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxAnswerBytes) throw new IssuerUnreachable(`the answer has more than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function oneOfEach(message: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(message.headers).flatMap(([name, value]) =>
      value === undefined || name === 'set-cookie' ? [] : [[name, String(value)] as const],
    ),
  );
}

/** Name resolution has no way to be stopped; it is left behind. */
function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}
