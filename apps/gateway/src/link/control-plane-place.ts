import { lookup } from 'node:dns';
import { isIP } from 'node:net';

const lookAgainMs = 60_000;

/** Where the control plane is: for people, who decide there, and for targets, which must not be there. */
export class ControlPlanePlace {
  readonly #url: URL;
  readonly #host: string;
  #addresses: ReadonlySet<string> = new Set();
  #lookedAt = -Infinity;

  /** @param url `wss://HOST[:PORT]/gateway` */
  constructor(url: string) {
    this.#url = new URL(url);
    this.#host = this.#url.hostname.replace(/^\[(.*)\]$/, '$1');
    this.#look();
  }

  approvalUrl(id: string): string {
    return `${this.#url.protocol === 'ws:' ? 'http' : 'https'}://${this.#url.host}/v1/approvals/${id}`;
  }

  /** By what its name led to within the last minutes. */
  isAt(address: string, port: number): boolean {
    this.#look();
    const own = Number(this.#url.port || (this.#url.protocol === 'ws:' ? 80 : 443));
    return port === own && (address === this.#host || this.#addresses.has(address));
  }

  #look(): void {
    const now = performance.now();
    if (now - this.#lookedAt < lookAgainMs) return;
    this.#lookedAt = now;
    if (isIP(this.#host)) return;
    lookup(this.#host, { all: true }, (error, found) => {
      if (!error) this.#addresses = new Set(found.map(({ address }) => address));
    });
  }
}
