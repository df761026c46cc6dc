import { createHash } from 'node:crypto';
import type { User } from './authentication.js';

/** Everything the server saw of one request: what a test reads to know that something did, or did not, arrive. */
export interface AuditedRequest {
  readonly at: Date;
  readonly httpVersion: string;
  readonly method: string;
  /** As sent: path and query. */
  readonly url: string;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
  readonly tlsServerName?: string;
  /** Set once the credential was understood. */
  user?: User;
  /** Whose rights were used instead. */
  impersonated?: User;
  body: Buffer;
  bodySha256: string;
  /** Status of the answer; 101 for what was upgraded. */
  code?: number;
  /** What ran in a container. */
  command?: AuditedCommand;
  /** Ports that were forwarded, one for each connection. */
  readonly forwardedPorts: number[];
}
export interface AuditedCommand {
  readonly pod: string;
  readonly container: string;
  readonly argv: readonly string[];
  readonly protocol: string;
  readonly tty: boolean;
  stdin: Buffer;
  readonly sizes: { readonly columns: number; readonly rows: number }[];
  exitCode?: number;
}

/** The newest requests, oldest first. */
export class AuditLog {
  readonly requests: AuditedRequest[] = [];

  /** @param limit how many requests are kept */
  constructor(private readonly limit: number) {}

  open(
    request: Pick<AuditedRequest, 'httpVersion' | 'method' | 'url' | 'rawHeaders' | 'tlsServerName'>,
  ): AuditedRequest {
    const audited: AuditedRequest = {
      at: new Date(),
      ...request,
      body: Buffer.alloc(0),
      bodySha256: '',
      forwardedPorts: [],
    };
    if (this.requests.length >= this.limit) this.requests.splice(0, Math.ceil(this.limit / 2));
    this.requests.push(audited);
    return audited;
  }
}

export function setBody(audited: AuditedRequest, body: Buffer): void {
  audited.body = body;
  audited.bodySha256 = createHash('sha256').update(body).digest('hex');
}
