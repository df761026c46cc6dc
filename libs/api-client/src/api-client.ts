import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { UnreachableError } from './api-error.js';
import { Transport, type ApiRequest, type TransportOptions } from './transport.js';

/** Validates an answer: any zod schema of the API contract is one. */
export interface Schema<T> {
  parse(value: unknown): T;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** The cursor of the next page; absent or null on the last. */
  readonly next?: string | null;
}

type Query = NonNullable<ApiRequest['query']>;

export interface LinesOptions {
  readonly query?: Query;
  /** Longest silence. Milliseconds. */
  readonly silenceMs?: number;
}

/** The HTTP API as methods. Every method throws ApiError or UnreachableError and nothing else. */
export class ApiClient {
  readonly #transport: Transport;

  constructor(options: TransportOptions) {
    this.#transport = new Transport(options);
  }

  get<T>(path: string, schema: Schema<T>, query?: Query): Promise<T> {
    return this.#json({ method: 'GET', path, ...(query && { query }) }, schema);
  }

  /** A create carries an Idempotency-Key, so that sending it again after a lost answer creates nothing twice. */
  post<T>(path: string, schema: Schema<T>, body: unknown = {}): Promise<T> {
    return this.#json({ method: 'POST', path, body, headers: { 'idempotency-key': randomUUID() } }, schema);
  }

  /** `application/x-www-form-urlencoded`, which OAuth wants (RFC 6749 appendix B). */
  postForm<T>(path: string, schema: Schema<T>, fields: Readonly<Record<string, string>>): Promise<T> {
    return this.#json({ method: 'POST', path, body: new URLSearchParams(fields) }, schema);
  }

  put<T>(path: string, schema: Schema<T>, request: { readonly body: unknown; readonly query?: Query }): Promise<T> {
    return this.#json({ method: 'PUT', path, ...request }, schema);
  }

  patch<T>(path: string, schema: Schema<T>, body: unknown): Promise<T> {
    return this.#json({ method: 'PATCH', path, body }, schema);
  }

  async delete(path: string): Promise<void> {
    await this.#transport.text({ method: 'DELETE', path });
  }

  /** Every item of a list, page after page. */
  async *list<T>(path: string, schema: Schema<Page<T>>, query: Query = {}): AsyncGenerator<T, void, void> {
    let cursor: string | undefined;
    do {
      const page: Page<T> = await this.get(path, schema, { ...query, cursor });
      yield* page.items;
      if (page.next !== null && page.next !== undefined && page.next === cursor) {
        throw new UnreachableError(`${path}: the list's cursor does not move`, 'protocol');
      }
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
  }

  /** The whole of a list that is known to be short. */
  async all<T>(path: string, schema: Schema<Page<T>>, query: Query = {}): Promise<T[]> {
    const items: T[] = [];
    for await (const item of this.list(path, schema, query)) items.push(item);
    return items;
  }

  /** The bytes of a recording as they arrive. */
  stream(path: string): Promise<Readable> {
    return this.#transport.stream({ method: 'GET', path, headers: { accept: 'application/octet-stream' } });
  }

  /**
   * JSON values, one a line, as they arrive. The answer is to say something within `silenceMs` at a time.
   */
  async *lines<T>(
    path: string,
    schema: Schema<T>,
    { query, silenceMs = 30_000 }: LinesOptions = {},
  ): AsyncGenerator<T> {
    const request = {
      method: 'GET' as const,
      path,
      headers: { accept: 'application/x-ndjson' },
      ...(query && { query }),
    };
    for await (const line of this.#transport.lines(request, silenceMs)) yield parsed(request, line, schema);
  }

  /** A plain-text answer, such as /readyz. */
  text(path: string): Promise<string> {
    return this.#transport.text({ method: 'GET', path });
  }

  /** Closes kept-alive connections. */
  close(): void {
    this.#transport.close();
  }

  async #json<T>(request: ApiRequest, schema: Schema<T>): Promise<T> {
    return parsed(request, await this.#transport.text(request), schema);
  }
}

function parsed<T>({ method, path }: ApiRequest, text: string, schema: Schema<T>): T {
  try {
    return schema.parse(text === '' ? undefined : JSON.parse(text));
  } catch (error) {
    throw new UnreachableError(`${method} ${path}: the answer is not what was expected`, 'protocol', error);
  }
}
