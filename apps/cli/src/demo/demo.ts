import fs from 'node:fs';
import path from 'node:path';
import { ApiClient, ApiError } from '@sallyport/api-client';
import { createdKey, identityProvider, manifestResult, resource, whoami } from '@sallyport/api-contract';
import { randomSecret, storedSecret, writePrivateFile } from '../local/private-file.js';
import { loadManifests } from '../manifest-files.js';
import type { PortPlan } from '../local/port-plan.js';
import { declareCluster } from './demo-cluster.js';
import { startDemoDatabase } from './demo-database.js';
import { demoManifests, ordersResource, type DemoUpstream } from './demo-manifests.js';
import { hostResource } from './demo-host-manifests.js';
import { startDemoOrdersApi } from './demo-orders-api.js';
import { demoIssuerManifests, demoPeopleManifests } from './demo-people.js';
import { startDemoSshHost } from './demo-ssh-host.js';
import { demoSshKey, writeSshConfig } from './demo-ssh-keys.js';

/** The sample database, service and server that play the targets. */
export interface DemoTarget extends DemoUpstream {
  readonly ended: Promise<void>;
}

export interface DemoOptions {
  readonly data: string;
  readonly ports: PortPlan;
  readonly target: DemoTarget;
  /** Path of a kubeconfig. */
  readonly kubeconfig: string | undefined;
  /** URL of the development issuer. */
  readonly issuer: string;
  readonly api: string;
  /** PEM text. */
  readonly ca: string;
  /** As the administrator. */
  readonly client: ApiClient;
}

export interface Demo {
  /** Service-account keys by name. */
  readonly keys: Readonly<Record<string, string>>;
  /** Where the keys are kept, by name. */
  readonly keyFiles: Readonly<Record<string, string>>;
  /** URL of the development issuer. */
  readonly issuer: string;
  /** For `ssh -F`: leads to `host-1` as the account ci. */
  readonly sshConfig: string;
  /** A Kubernetes cluster is shown as well, as the resource `cluster`. */
  readonly cluster: boolean;
}

const accounts = ['ci', 'dba'] as const;

export async function startDemoTargets(
  { data, ports }: { readonly data: string; readonly ports: PortPlan },
  onStarted: (stop: () => Promise<void>) => void,
): Promise<DemoTarget> {
  const tokenFile = path.join(data, 'demo-orders-api.token');
  const orders = await startDemoOrdersApi({ port: ports.demoOrders, token: storedSecret(tokenFile, randomSecret) });
  onStarted(() => orders.stop());
  const [hostKey, loginKey] = ['demo-host.key', 'demo-host-login.key'].map((name) => demoSshKey(path.join(data, name)));
  const server = await startDemoSshHost({
    ...{ data, port: ports.demoHost },
    hostKey: fs.readFileSync(hostKey!.file, 'utf8'),
    loginKey: loginKey!.publicLine,
  });
  onStarted(() => server.stop());
  const host = { port: ports.demoHost, hostKey: hostKey!.publicLine, loginKeyFile: loginKey!.file };
  const passwordFile = path.join(data, 'demo-shop-app.password');
  const port = ports.demoDatabase;
  const database = await startDemoDatabase({ data, port, password: storedSecret(passwordFile, randomSecret) });
  onStarted(() => database.stop());
  return { port, passwordFile, orders: { port: ports.demoOrders, tokenFile }, host, ended: database.ended };
}

/** Declares the target and what the demo shows on it, the first time; makes the accounts' keys. */
export async function declareDemo(options: DemoOptions): Promise<Demo> {
  const ciKey = demoSshKey(path.join(options.data, 'demo-ci.ssh-key'));
  await declare(options, ciKey.publicLine);
  await declarePeople(options);
  if (options.kubeconfig !== undefined)
    await declareCluster(options.kubeconfig, (text) => applyText(options, 'demo-cluster.yaml', text));
  const keyFiles = Object.fromEntries(accounts.map((name) => [name, path.join(options.data, `demo-${name}.key`)]));
  const keys: Record<string, string> = {};
  for (const [name, file] of Object.entries(keyFiles)) keys[name] = await accountKey(options, name, file);
  const sshConfig = writeSshConfig(options.data, { port: options.ports.ssh, key: ciKey });
  return { keys, keyFiles, sshConfig, issuer: options.issuer, cluster: options.kubeconfig !== undefined };
}

/** Later starts change upstream ports alone, where they moved: what people made of the demo stays. */
async function declare({ client, data, target }: DemoOptions, ciKey: string): Promise<void> {
  const found = await existing(client.get('/v1/resources/shop', resource));
  if (!found) {
    await applyFile(client, path.join(data, 'demo.yaml'), demoManifests({ ...target, ciKey }));
  } else if (found.protocol === 'postgres' && found.upstream.port !== target.port) {
    const { name, version: _version, createdAt: _createdAt, updatedAt: _updatedAt, ...spec } = found;
    await client.put(`/v1/resources/${name}`, resource, {
      body: {
        ...spec,
        upstream: { ...spec.upstream, port: target.port },
        credential: { ...spec.credential, password: { file: target.passwordFile } },
      },
    });
  }
  const api = await existing(client.get('/v1/resources/orders-api', resource));
  const moved = api?.protocol === 'http' && api.upstream.url !== `http://127.0.0.1:${target.orders.port}`;
  if (moved) await applyFile(client, path.join(data, 'demo-orders-api.yaml'), ordersResource(target.orders));
  const host = await existing(client.get('/v1/resources/host-1', resource));
  if (host?.protocol === 'ssh' && host.upstream.port !== target.host.port)
    await applyFile(client, path.join(data, 'demo-host.yaml'), hostResource(target.host));
}

/** Later starts change where the issuer is alone, where its port moved. */
async function declarePeople({ client, data, issuer }: DemoOptions): Promise<void> {
  const found = await existing(client.get('/v1/identity-providers/dev', identityProvider));
  if (!found) {
    await applyFile(client, path.join(data, 'demo-issuer.yaml'), demoIssuerManifests(issuer));
    await applyFile(client, path.join(data, 'demo-people.yaml'), demoPeopleManifests());
  } else if (found.protocol === 'oidc' && found.issuer !== issuer) {
    await applyFile(client, path.join(data, 'demo-issuer.yaml'), demoIssuerManifests(issuer));
  }
}

/** Undefined where the API says that there is none. */
async function existing<T>(question: Promise<T>): Promise<T | undefined> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

function applyText({ client, data }: DemoOptions, file: string, text: string): Promise<void> {
  return applyFile(client, path.join(data, file), text);
}

async function applyFile(client: ApiClient, file: string, text: string): Promise<void> {
  writePrivateFile(file, text);
  await client.put('/v1/manifests', manifestResult, { body: loadManifests([file]).map(({ value }) => value) });
}

/** The stored key while it still proves the account, else a new one. */
async function accountKey({ client, api, ca }: DemoOptions, name: string, file: string): Promise<string> {
  if (fs.existsSync(file)) {
    const key = fs.readFileSync(file, 'utf8').trim();
    if (await works(key, api, ca)) return key;
  }
  const { key } = await client.post(`/v1/service-accounts/${name}/keys`, createdKey);
  writePrivateFile(file, `${key}\n`);
  return key;
}

async function works(token: string, baseUrl: string, ca: string): Promise<boolean> {
  const client = new ApiClient({ baseUrl, ca, token });
  try {
    await client.get('/v1/whoami', whoami);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return false;
    throw error;
  } finally {
    client.close();
  }
}
