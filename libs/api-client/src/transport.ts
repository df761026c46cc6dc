import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { ApiError, apiError, UnreachableError } from './api-error.js';

export interface TransportOptions {
  /** `https://host:port`; plain `http` is for loopback only. */
  readonly baseUrl: string;
  /** Access token or service-account key. */
  readonly token?: string;
  /** PEM of the authority to trust instead of the system's. */
  readonly ca?: string;
  /** Whole time of one request, in milliseconds; 30,000 by default. A stream's body is not bounded by it. */
  readonly timeoutMs?: number;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** URLSearchParams travel as a form, anything else as JSON. */
  readonly body?: unknown;
}

/** No JSON answer of this API is larger: lists are paged. Recordings go through `stream`. */
const maxBodyBytes = 64 * 1024 * 1024;
/** Of an answer whose lines come one by one. */
const maxLineBytes = 1024 * 1024;

export class Transport {
  readonly #base: URL;
  readonly #agent: HttpAgent;
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#base = new URL(options.baseUrl);
    const plain = this.#base.protocol === 'http:';
    if (!plain && this.#base.protocol !== 'https:') throw new TypeError(`not an http(s) address: ${options.baseUrl}`);
    if (plain && !isLoopback(this.#base.hostname)) {
      throw new TypeError(`a token must not travel unencrypted: ${options.baseUrl} is neither https nor loopback`);
    }
    this.#agent = plain ? new HttpAgent({ keepAlive: true }) : new HttpsAgent({ keepAlive: true, ca: options.ca });
  }

  /** The body of a successful answer. Throws ApiError or UnreachableError. */
  async text(request: ApiRequest): Promise<string> {
    const { response, done } = await this.#open(request);
    try {
      return await readBody(response);
    } catch (error) {
      throw unreachable(this.#base, error);
    } finally {
      done();
    }
  }

  /** The body as it arrives. Throws ApiError or UnreachableError before the first byte. */
  async stream(request: ApiRequest): Promise<Readable> {
    const { response, done } = await this.#open(request);
    done();
    return response;
  }

  /** The lines of the body as they arrive. Throws ApiError or UnreachableError, also for an answer that falls silent or stops. */
  async *lines(request: ApiRequest, silenceMs: number): AsyncGenerator<string> {
    const response = await this.stream(request);
    let rest: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of chunksOf(response, silenceMs)) {
        let at = 0;
        for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, at)) {
          yield Buffer.concat([...rest, chunk.subarray(at, end)]).toString('utf8');
          [rest, size, at] = [[], 0, end + 1];
        }
        rest.push(chunk.subarray(at));
        size += chunk.length - at;
        if (size > maxLineBytes) throw new Error(`a line of the answer is longer than ${maxLineBytes} bytes`);
      }
    } catch (error) {
      throw unreachable(this.#base, error);
    } finally {
      response.destroy();
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #open(request: ApiRequest): Promise<{ response: IncomingMessage; done: () => void }> {
    const timeoutMs = this.#options.timeoutMs ?? 30_000;
    const outgoing = this.#start(request);
    const timer = setTimeout(() => outgoing.destroy(new TimeoutError(timeoutMs)), timeoutMs);
    const done = (): void => clearTimeout(timer);
    try {
      const response = await headOf(outgoing);
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) return { response, done };
      const body = await readBody(response);
      done();
      throw apiError(status, body);
    } catch (error) {
      done();
      throw unreachable(this.#base, error);
    }
  }

  #start(request: ApiRequest): ClientRequest {
    const url = new URL(request.path, this.#base);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const body = encodeBody(request.body);
    const headers: Record<string, string | number> = { accept: 'application/json, application/problem+json' };
    if (this.#options.token !== undefined) headers['authorization'] = `Bearer ${this.#options.token}`;
    if (body !== undefined) {
      const form = request.body instanceof URLSearchParams;
      headers['content-type'] = form ? 'application/x-www-form-urlencoded' : 'application/json';
      headers['content-length'] = body.length;
    }
    Object.assign(headers, request.headers);
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const outgoing = send(url, { method: request.method, agent: this.#agent, headers });
    outgoing.end(body);
    return outgoing;
  }
}

class TimeoutError extends Error {
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
  }
}

function headOf(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve);
    // Stays registered: an error after the head also fails the response, which is where it is handled.
    outgoing.on('error', reject);
  });
}

/** Only the time that the peer takes counts, not the reader's. */
async function* chunksOf(response: Readable, silenceMs: number): AsyncGenerator<Buffer> {
  const chunks = response[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for (;;) {
    const silence = setTimeout(() => response.destroy(new TimeoutError(silenceMs)), silenceMs);
    const { done, value } = await chunks.next().finally(() => clearTimeout(silence));
    if (done) return;
    yield value;
  }
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new Error(`the answer is larger than ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function encodeBody(body: unknown): Buffer | undefined {
  if (body === undefined) return undefined;
  return Buffer.from(body instanceof URLSearchParams ? body.toString() : JSON.stringify(body), 'utf8');
}

/** A system error's code tells whether the peer is absent or not to be trusted. */
function unreachable(base: URL, error: unknown): Error {
  if (error instanceof ApiError || error instanceof UnreachableError) return error;
  if (error instanceof TimeoutError) return new UnreachableError(`${base.origin}: ${error.message}`, 'timeout', error);
  const code = String((error as NodeJS.ErrnoException | undefined)?.code ?? '');
  const tls = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(code);
  return new UnreachableError(`${base.origin}: ${describe(error)}`, tls ? 'tls' : 'connect', error);
}

/** `connect ECONNREFUSED ::1:7443, connect ECONNREFUSED 127.0.0.1:7443` for a name with several addresses. */
function describe(error: unknown): string {
  const { message, errors } = (error ?? {}) as Partial<AggregateError>;
  if (Array.isArray(errors)) return errors.map(describe).join(', ');
  return message ?? String(error);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
