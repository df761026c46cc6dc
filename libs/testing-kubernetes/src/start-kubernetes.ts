import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueServerCertificate, makeAuthority } from '@sallyport/testing';
import { createApiServer } from './api-server.js';
import type { AuditedRequest } from './audit-log.js';
import { AuditLog } from './audit-log.js';
import type { User } from './authentication.js';
import { mastersGroup, TokenRegistry } from './authentication.js';
import { issueClientCertificate } from './client-certificate.js';
import type { Backends } from './backends.js';
import { startBackends } from './backends.js';
import type { ProxyTargets } from './proxy-subresource.js';
import { Cluster } from './cluster.js';
import type { KubeconfigUser } from './kubeconfig.js';
import { writeKubeconfig } from './kubeconfig.js';
import type { ObjectStore } from './object-store.js';
import { ContainerFolders } from './streams/container.js';
import type { SeedSecrets } from './seed/secrets.js';
import { makeSecrets } from './seed/secrets.js';
import { addObject, seed } from './seed/seed.js';
import type { KubernetesObject } from './kubernetes-object.js';

export interface KubernetesOptions {
  /** Pods in the namespace `web` beside the few of the seed. */
  readonly pods?: number;
  /**
   * Loopback ports behind `services/NAME`, `pods/NAME` and `nodes/NAME` of the proxy subresources. Every other service,
   * pod and node has an HTTP server that answers with what it was asked for.
   */
  readonly proxied?: Readonly<Record<string, number>>;
  /** Loopback ports behind ports of pods, beside 80 and 8080 (HTTP) and 7 (echo). */
  readonly forwarded?: Readonly<Record<number, number>>;
  /** How many requests the audit log keeps; 20,000 unless told. */
  readonly auditLimit?: number;
  /** Host names and addresses of the server's certificate. */
  readonly names?: readonly string[];
}

/** Users of the seed, by the name of their token. */
const seededUsers = {
  /** May do everything. */
  admin: { name: 'kubernetes-admin', groups: [mastersGroup] },
  /** May only act as others. */
  gateway: { name: 'system:serviceaccount:sallyport:gateway', groups: ['system:serviceaccounts', 'gateways'] },
  /** May read most things, secrets not among them. */
  viewer: { name: 'viewer', groups: ['viewers'] },
  /** May do nothing. */
  nobody: { name: 'nobody-in-particular', groups: [] },
} as const satisfies Record<string, User>;
export type SeededUser = keyof typeof seededUsers;

/** A running API server stand-in. */
export interface Kubernetes {
  readonly url: string;
  readonly port: number;
  /** PEM. */
  readonly ca: string;
  readonly tokens: Readonly<Record<SeededUser, string>>;
  /** What the seed hides where secrets are found. */
  readonly secrets: SeedSecrets;
  /** Every request received, oldest first. */
  readonly requests: readonly AuditedRequest[];
  readonly store: ObjectStore;
  readonly cluster: Cluster;
  /** Temporary folder of this server; removed when it stops. */
  readonly directory: string;
  /** Stores an object without asking for rights: defaults and status are filled in. Returns it as stored. */
  add(manifest: object): KubernetesObject;
  /** What is stored now; no namespace for what has none. */
  find(apiVersion: string, kind: string, namespace: string | undefined, name: string): KubernetesObject | undefined;
  /** Writes a kubeconfig for a user of the seed (`admin` unless told) and returns its path. */
  kubeconfig(user?: SeededUser | KubeconfigUser, target?: { readonly url: string; readonly ca: string }): string;
  /** A client certificate, of a member of `system:masters` unless told; for `kubeconfig`. */
  clientCertificate(user?: User): Promise<KubeconfigUser>;
  /** Idempotent. */
  stop(): Promise<void>;
}

export async function startKubernetes(options: KubernetesOptions = {}): Promise<Kubernetes> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-kubernetes-'));
  const authority = await makeAuthority('Kubernetes CA');
  const certificate = await issueServerCertificate(authority, options.names ?? ['localhost', '127.0.0.1', '::1']);
  const registry = new TokenRegistry();
  const tokens = addUsers(registry);
  const cluster = new Cluster(registry);
  const secrets = makeSecrets();
  seed(cluster, { pods: options.pods ?? 0 }, secrets);
  const audit = new AuditLog(options.auditLimit ?? 20_000);
  const backends = await startBackends();
  const folders = new ContainerFolders();
  const server = createApiServer(
    { key: certificate.privateKey, certificate: certificate.certificate, clientAuthority: authority.certificate },
    { cluster, folders, ...portsOf(options, backends) },
    audit,
  );
  const { port, close } = await listen(server);
  const url = `https://127.0.0.1:${port}`;
  let written = 0;
  return {
    url,
    port,
    ca: authority.certificate,
    tokens,
    secrets,
    requests: audit.requests,
    store: cluster.store,
    cluster,
    directory,
    add: (manifest) => addObject(cluster, manifest),
    find: (apiVersion, kindName, namespace, name) => {
      const kind = cluster.registry.byKind(apiVersion, kindName);
      return kind && cluster.store.get(kind, namespace, name);
    },
    kubeconfig: (user = 'admin', target = { url, ca: authority.certificate }) => {
      written += 1;
      const credentials = typeof user === 'string' ? { token: tokens[user] } : user;
      return writeKubeconfig(join(directory, `home-${written}`, 'config'), target, credentials);
    },
    clientCertificate: async (user = { name: 'certificate-admin', groups: [mastersGroup] }) => {
      const issued = await issueClientCertificate(authority, user);
      return { clientCertificate: issued.certificate, clientKey: issued.privateKey };
    },
    stop: async () => {
      await close();
      backends.stop();
      folders.remove();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function addUsers(registry: TokenRegistry): Record<SeededUser, string> {
  const tokens = Object.entries(seededUsers).map(([name, user]) => {
    const token = `${name}-${randomBytes(24).toString('hex')}`;
    registry.add(token, user);
    return [name, token];
  });
  return Object.fromEntries(tokens) as Record<SeededUser, string>;
}

/** On a free port of the loopback; closing ends every connection. */
async function listen(server: Server): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port: (server.address() as AddressInfo).port, close };
}

function portsOf(
  options: KubernetesOptions,
  { httpPort, echoPort }: Backends,
): {
  readonly proxyTargets: ProxyTargets;
  readonly forwardedPort: (port: number) => number | undefined;
} {
  const forwarded: Record<number, number> = { 80: httpPort, 8080: httpPort, 7: echoPort, ...options.forwarded };
  return {
    proxyTargets: { portOf: ({ resource, name }) => options.proxied?.[`${resource}/${name}`] ?? httpPort },
    forwardedPort: (port) => forwarded[port],
  };
}
