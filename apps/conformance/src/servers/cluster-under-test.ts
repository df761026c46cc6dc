import { request as requestOverTls } from 'node:https';
import { CanaryScanner, eventually, startInstallation, type Installation } from '@sallyport/testing';
import { kubectl, writeKubeconfig, type KubectlOptions, type KubectlResult } from '@sallyport/testing-kubernetes';
import { join } from 'node:path';
import { clusterAccounts, clusterManifests, type ClusterAccount } from './cluster-manifests.js';
import { startClusterTarget, type ClusterTarget } from './cluster-target.js';

export interface ClusterStack extends Installation {
  readonly keys: Readonly<Record<ClusterAccount, string>>;
  readonly target: ClusterTarget;
}
type Over = Partial<KubectlOptions> & { readonly token?: string; readonly resource?: string };
/** An HTTP answer, whole. */
export interface ClusterAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}
export interface RawCall {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
  readonly token?: string;
  readonly resource?: string;
}
interface Pending {
  readonly id: string;
  readonly excerpt: string;
}

/** One installation in front of a cluster, for the tests of a describe block, and what they ask of it. */
export class ClusterUnderTest {
  #stack: ClusterStack | undefined;
  readonly #configs = new Map<string, string>();

  constructor(options: { readonly gatewayEnv?: Readonly<Record<string, string>>; readonly pods?: number } = {}) {
    beforeAll(async () => {
      const target = await startClusterTarget(options.pods);
      const installation = await startInstallation({
        manifests: clusterManifests(target),
        accounts: clusterAccounts,
        gatewayEnv: options.gatewayEnv,
      });
      const stop = async (): Promise<void> => {
        await installation.stop();
        await target.stop();
      };
      // Getters of the installation must stay getters: its processes change when they are started anew.
      this.#stack = Object.defineProperties(
        { target },
        { ...Object.getOwnPropertyDescriptors(installation), stop: { value: stop } },
      ) as unknown as ClusterStack;
    }, 180_000);
    afterAll(async () => {
      await this.#stack?.stop();
    }, 60_000);
  }

  get stack(): ClusterStack {
    if (!this.#stack) throw new Error('the installation did not start');
    return this.#stack;
  }

  get web(): string {
    return this.stack.target.namespaces.web;
  }
  get payments(): string {
    return this.stack.target.namespaces.payments;
  }

  /** Of a resource at the gateway. */
  url(resource = 'cluster'): string {
    return `https://127.0.0.1:${this.stack.httpsPort}/k8s/${resource}`;
  }

  kubeconfig(account: ClusterAccount, { token, resource }: Over = {}): string {
    const { ca, keys, directory } = this.stack;
    const shown = token ?? keys[account];
    const key = `${shown} ${resource ?? ''}`;
    const known = this.#configs.get(key);
    if (known) return known;
    const file = join(directory, `kubeconfig-${this.#configs.size}`, 'config');
    writeKubeconfig(file, { url: this.url(resource), ca }, { token: shown });
    this.#configs.set(key, file);
    return file;
  }

  /** Through the gateway. No canary is in anything that it prints, unless the account may see some. */
  async kubectl(account: ClusterAccount, args: readonly string[], over: Over = {}): Promise<KubectlResult> {
    const result = await kubectl(args, { kubeconfig: this.kubeconfig(account, over), ...over });
    if (account !== 'auditor') this.expectNoCanary(`${result.stdout}\n${result.stderr}`);
    return result;
  }

  ci(...args: readonly string[]): Promise<KubectlResult> {
    return this.kubectl('ci', args);
  }

  /** One request by hand, the path sent exactly as it is given. No canary is in the answer. */
  async call(account: ClusterAccount, path: string, call: RawCall = {}): Promise<ClusterAnswer> {
    const { httpsPort: port, ca, keys } = this.stack;
    const { method = 'GET', headers = {}, body, token = keys[account], resource = 'cluster' } = call;
    const answer = await new Promise<ClusterAnswer>((resolve, reject) => {
      const sent = requestOverTls(
        {
          ...{ host: '127.0.0.1', port, ca, servername: 'localhost', method, path: `/k8s/${resource}${path}` },
          ...{ agent: false, timeout: 20_000 },
          headers: {
            host: `localhost:${port}`,
            ...(token !== '' && { authorization: `Bearer ${token}` }),
            ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
            ...(headers as Record<string, string | string[]>),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            resolve({ status: response.statusCode!, headers: response.headers, text });
          });
        },
      );
      sent.on('error', reject).on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer`)));
      sent.on('upgrade', (response, socket) => {
        socket.destroy();
        resolve({ status: response.statusCode!, headers: response.headers, text: '' });
      });
      sent.end(body);
    });
    if (account !== 'auditor') this.expectNoCanary(answer.text);
    return answer;
  }

  /** Past the gateway; standard output of what must succeed. */
  async admin(...args: readonly string[]): Promise<string> {
    const result = await this.stack.target.admin(args);
    if (result.code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${result.stderr}`);
    return result.stdout;
  }

  async exists(what: string, name: string, namespace = this.web): Promise<boolean> {
    return (await this.admin('get', what, name, '-n', namespace, '--ignore-not-found', '-o', 'name')) !== '';
  }

  /** No planted value, in no disguise, and nothing of the gateway's way into the cluster. */
  expectNoCanary(output: string | Uint8Array): void {
    const { canaries, credentialText } = this.stack.target;
    expect(new CanaryScanner(canaries).scan(output)).toEqual([]);
    expect(Buffer.from(output).includes(credentialText)).toBe(false);
  }

  /**
   * What reached the cluster while something was done: for the stand-in the requests that it received, reads aside; for a
   * real cluster the objects of this run that are not what they were.
   */
  async writesDuring(work: () => Promise<unknown>): Promise<string[]> {
    const { requests } = this.stack.target;
    if (requests) {
      const before = requests.length;
      await work();
      const made = requests
        .slice(before)
        .filter(({ method, url }) => method !== 'GET' || /\/(exec|attach)\?/.test(url));
      return made.map(({ method, url }) => `${method} ${url}`);
    }
    const before = await this.#objects();
    await work();
    const after = await this.#objects();
    return [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name));
  }

  /** Of everything that a client can change here: kind and name, with all but what controllers write. */
  async #objects(): Promise<ReadonlyMap<string, string>> {
    const kinds = 'configmaps,secrets,pods,services,deployments,serviceaccounts,roles,rolebindings';
    const found = new Map<string, string>();
    for (const namespace of Object.values(this.stack.target.namespaces)) {
      const { items } = JSON.parse(await this.admin('get', kinds, '-n', namespace, '-o', 'json')) as {
        readonly items: readonly Readonly<Record<string, unknown> & { metadata: Record<string, unknown> }>[];
      };
      for (const { status: _status, metadata, ...rest } of items) {
        const { resourceVersion: _version, managedFields: _fields, ...kept } = metadata;
        found.set(`${String(rest['kind'])} ${namespace}/${String(metadata['name'])}`, JSON.stringify([kept, rest]));
      }
    }
    return found;
  }

  /** Waits for the request whose text begins like this to be held. */
  pending(text: string): Promise<string> {
    return eventually(
      `an approval of ${text}`,
      async () => {
        const path = '/v1/approvals?state=pending&limit=200';
        const { items } = await this.stack.api.expect<{ items: Pending[] }>('GET', path);
        return items.find(({ excerpt }) => excerpt.startsWith(text))?.id;
      },
      20_000,
    );
  }

  approve(id: string, account: ClusterAccount = 'reviewer', comment = 'looked at it'): Promise<unknown> {
    return this.stack.api.as(this.stack.keys[account]).expect('POST', `/v1/approvals/${id}/approve`, { comment });
  }

  approval(id: string): Promise<Record<string, unknown>> {
    return this.stack.api.expect('GET', `/v1/approvals/${id}`);
  }

  becomes(id: string, state: string): Promise<unknown> {
    return eventually(`approval is ${state}`, async () =>
      (await this.approval(id))['state'] === state ? true : undefined,
    );
  }
}
