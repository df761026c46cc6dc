import { request } from 'node:https';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  /** The parsed body, or its text. */
  readonly body: unknown;
}

/** The control plane's HTTP API as a script would call it: no client library in between that could be wrong with it. */
export class ControlPlaneApi {
  constructor(
    readonly url: string,
    private readonly ca: string,
    readonly token?: string,
  ) {}

  as(token: string | undefined): ControlPlaneApi {
    return new ControlPlaneApi(this.url, this.ca, token);
  }

  call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<ApiAnswer> {
    const payload = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body);
    const type = typeof body === 'string' ? 'application/yaml' : 'application/json';
    return new Promise((resolve, reject) => {
      const sent = request(
        new URL(path, this.url),
        {
          method,
          ca: this.ca,
          agent: false,
          timeout: 15_000,
          headers: {
            ...(payload !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(payload) }),
            ...(this.token && { authorization: `Bearer ${this.token}` }),
            ...headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const bytes = Buffer.concat(chunks);
            resolve({ status: response.statusCode!, headers: response.headers, bytes, body: parsed(bytes) });
          });
        },
      );
      sent.on('error', reject);
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer`)));
      sent.end(payload);
    });
  }

  /** The body of a call that must succeed. */
  async expect<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const answer = await this.call(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.bytes.toString()}`);
    return answer.body as Body;
  }
}

function parsed(bytes: Buffer): unknown {
  const text = bytes.toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Asks again until the answer is there: for effects that arrive a moment later. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  deadlineMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
