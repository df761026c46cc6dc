import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import {
  CanaryScanner,
  freePort,
  issueServerCertificate,
  makeAuthority,
  makeCanary,
  startInstallation,
  type Canary,
  type Installation,
} from '@sallyport/testing';
import { Curl } from '../clients/http-curl.js';
import { RawHttp } from '../clients/raw-http.js';
import { httpManifests } from './http-manifests.js';
import { startNginx, type NginxServer } from './http-nginx.js';
import { HttpOrigin } from './http-origin.js';
import type { OriginState } from './http-origin-answers.js';
import { accounts, type Account } from './shop.js';

export interface HttpStackOptions {
  readonly gatewayEnv?: Readonly<Record<string, string>>;
}

/** An installation in front of services on two code bases, and what tests ask of it. */
export class HttpStack {
  readonly #canaries: Canary[] = [];
  readonly #trusted = getCACertificates('default');
  #installation: Installation | undefined;
  #origin: HttpOrigin | undefined;
  #secure: HttpOrigin | undefined;
  #nginx: NginxServer | undefined;
  /** What the gateway proves itself with to the services. */
  readonly credential = this.#plant('credential');

  constructor(options: HttpStackOptions = {}) {
    beforeAll(() => this.#start(options), 120_000);
    afterAll(async () => {
      setDefaultCACertificates(this.#trusted);
      await this.#installation?.stop();
      await Promise.all([this.#origin?.stop(), this.#secure?.stop(), this.#nginx?.stop()]);
    }, 60_000);
  }

  get installation(): Installation {
    return started(this.#installation);
  }
  /** For whoever asks of it nothing but the installation. */
  get stack(): Installation {
    return this.installation;
  }
  /** The service on node:http, behind `shop`, `open`, `graph` and `described`. */
  get origin(): HttpOrigin {
    return started(this.#origin);
  }
  /** The same over TLS, behind `trusted` and `untrusted`. */
  get secure(): HttpOrigin {
    return started(this.#secure);
  }
  /** Behind `edge`. */
  get nginx(): NginxServer {
    return started(this.#nginx);
  }
  get keys(): Readonly<Record<Account, string>> {
    return this.installation.keys as Record<Account, string>;
  }

  url(resource: string, path = '/', scheme = 'https'): string {
    return `${scheme}://127.0.0.1:${this.installation.httpsPort}/http/${resource}${path}`;
  }

  /** By node's own client; redirects are the test's to follow. */
  async ask(account: Account | undefined, resource: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (account) headers.set('authorization', `Bearer ${this.keys[account]}`);
    return fetch(this.url(resource, path), { redirect: 'manual', ...init, headers });
  }

  /** Asks as the one who sees masks, and looks through every byte of the answer. */
  async seen(resource: string, path: string, init: RequestInit = {}): Promise<{ status: number; text: string }> {
    const answer = await this.ask('ci', resource, path, init);
    const text = await answer.text().catch(() => '[broken off]');
    this.expectNoCanary(`${text}${[...answer.headers].join('\n')}`);
    return { status: answer.status, text };
  }

  curl(account: Account, args: readonly string[]): Curl {
    return new Curl(this.installation.caFile, ['-H', `authorization: Bearer ${this.keys[account]}`, ...args]);
  }

  raw(): Promise<RawHttp> {
    return RawHttp.connect(this.installation.httpsPort, this.installation.ca);
  }

  /** No planted value, in no disguise, in anything a client received. */
  expectNoCanary(output: string | Uint8Array): void {
    expect(new CanaryScanner(this.#canaries).scan(output)).toEqual([]);
  }

  approve(id: string, account: Account = 'reviewer', comment = 'looked at it'): Promise<unknown> {
    return this.installation.api.as(this.keys[account]).expect('POST', `/v1/approvals/${id}/approve`, { comment });
  }
  approval(id: string): Promise<Record<string, unknown>> {
    return this.installation.api.expect('GET', `/v1/approvals/${id}`);
  }

  #plant(label: string): string {
    const canary = makeCanary(label);
    this.#canaries.push(canary);
    return canary.token;
  }

  #state(): OriginState {
    const customers = Array.from({ length: 10 }, (_, index) => ({
      id: index + 1,
      name: `customer ${index + 1}`,
      email: `${this.#plant(`email ${index + 1}`)}@x.test`,
      ssn: this.#plant(`ssn ${index + 1}`),
    }));
    const orders = new Map(Array.from({ length: 50 }, (_, index) => [`${index + 1}`, `item ${index + 1}`] as const));
    return { customers, secret: this.#plant('secret'), orders };
  }

  async #start(options: HttpStackOptions): Promise<void> {
    const authority = await makeAuthority();
    const { certificate: cert, privateKey: key } = await issueServerCertificate(authority, ['127.0.0.1']);
    const state = this.#state();
    [this.#origin, this.#secure, this.#nginx] = await Promise.all([
      HttpOrigin.start(state),
      HttpOrigin.start(state, { tls: { cert, key } }),
      startNginx(),
    ]);
    const targets = {
      origin: this.origin.port,
      secure: this.secure.port,
      nginx: this.nginx.port,
      nobody: await freePort(),
      authority: authority.certificate,
    };
    const manifests = httpManifests(targets, { bearer: this.credential });
    this.#installation = await startInstallation({ manifests, accounts, gatewayEnv: options.gatewayEnv });
    // For `fetch`, which asks for no authority of its own.
    setDefaultCACertificates([this.#installation.ca]);
    this.origin.forget();
  }
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the installation did not start');
  return part;
}
