import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { issueServerCertificate, makeAuthority } from './certificates.js';
import { ControlPlaneApi } from './control-plane-api.js';
import { freePort } from './free-port.js';
import { NodeProcess } from './node-process.js';
import { startPostgres } from './postgres-server.js';

const root = resolve(import.meta.dirname, '../../..');
type Environment = Readonly<Record<string, string>>;

export interface InstallationOptions {
  /** YAML, applied before the gateway starts. */
  readonly manifests: string;
  /** Service accounts of the manifests to make a key for. */
  readonly accounts: readonly string[];
  readonly gatewayEnv?: Environment;
  readonly controlPlaneEnv?: Environment;
}

/** A control plane on its own database and one enrolled gateway: the built processes, started by their environment. */
export interface Installation {
  readonly directory: string;
  /** As the administrator. */
  readonly api: ControlPlaneApi;
  /** By service account. */
  readonly keys: Readonly<Record<string, string>>;
  /** Of the first gateway's listener for PostgreSQL, for everything on HTTP, and for SSH. */
  readonly gatewayPort: number;
  readonly httpsPort: number;
  readonly sshPort: number;
  readonly healthPort: number;
  /** File with the authority that signed every certificate here, and its PEM. */
  readonly caFile: string;
  readonly ca: string;
  /** The newest process of each; both change when started anew. */
  readonly controlPlane: NodeProcess;
  readonly gateway: NodeProcess;
  startControlPlane(): Promise<void>;
  startGateway(): Promise<void>;
  /** Another replica over the same database; the administrator's way to it. */
  addControlPlane(): Promise<ControlPlaneApi>;
  /** Another gateway, connected to this replica. */
  addGateway(name: string, replica: ControlPlaneApi, env?: Environment): Promise<AddedGateway>;
  stop(): Promise<void>;
}

export async function startInstallation(options: InstallationOptions): Promise<Installation> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-installation-'));
  const [database, files] = await Promise.all([startPostgres({ version: '18' }), writeFiles(directory)]);
  const bootstrap = randomBytes(24).toString('hex');
  const extra: NodeProcess[] = [];

  const startReplica = async (port: number): Promise<NodeProcess> => {
    const anonymous = new ControlPlaneApi(`https://127.0.0.1:${port}`, files.ca);
    const started = NodeProcess.start('control plane', join(root, 'apps/control-plane/dist/main.js'), {
      DATABASE_URL: database.adminUrl,
      RECORDINGS_URL: `file://${join(directory, 'recordings')}`,
      SALLYPORT_LISTEN: `127.0.0.1:${port}`,
      SALLYPORT_PUBLIC_URL: first.url,
      SALLYPORT_TLS_CERT_FILE: files.certificate,
      SALLYPORT_TLS_KEY_FILE: files.key,
      SALLYPORT_MASTER_KEY_FILE: files.masterKey,
      SALLYPORT_BOOTSTRAP_TOKEN: bootstrap,
      ...options.controlPlaneEnv,
    });
    await started.ready(async () => (await anonymous.call('GET', '/readyz')).status === 200);
    return started;
  };
  const startOne = async (gateway: GatewayPlace, env: Environment = {}): Promise<NodeProcess> => {
    const started = NodeProcess.start(gateway.name, join(root, 'apps/gateway/dist/main.js'), {
      SALLYPORT_CONTROL_PLANE_URL: `${gateway.replica.url.replace('https:', 'wss:')}/gateway`,
      SALLYPORT_CA_FILE: files.caFile,
      SALLYPORT_GATEWAY_NAME: gateway.name,
      SALLYPORT_ENROLMENT_TOKEN: gateway.enrolment,
      SALLYPORT_STATE_DIR: join(directory, gateway.name),
      SALLYPORT_POSTGRES_LISTEN: `127.0.0.1:${gateway.port}`,
      SALLYPORT_HTTPS_LISTEN: `127.0.0.1:${gateway.httpsPort}`,
      SALLYPORT_SSH_LISTEN: `127.0.0.1:${gateway.sshPort}`,
      SALLYPORT_TLS_CERT_FILE: files.certificate,
      SALLYPORT_TLS_KEY_FILE: files.key,
      SALLYPORT_HEALTH_LISTEN: `127.0.0.1:${gateway.healthPort}`,
      ...options.gatewayEnv,
      ...env,
    });
    await started.ready(async () => (await fetch(`http://127.0.0.1:${gateway.healthPort}/readyz`)).ok);
    return started;
  };

  const apiPort = await freePort();
  const first = new ControlPlaneApi(`https://127.0.0.1:${apiPort}`, files.ca);
  let controlPlane = await startReplica(apiPort);
  const { key } = await first.expect<{ key: string }>('POST', '/v1/bootstrap', { token: bootstrap });
  const api = first.as(key);
  await api.expect('PUT', '/v1/manifests', options.manifests);
  const keys: Record<string, string> = {};
  for (const account of options.accounts) {
    keys[account] = (await api.expect<{ key: string }>('POST', `/v1/service-accounts/${account}/keys`, {})).key;
  }
  const place = await newGateway('gateway-1', api);
  let gateway = await startOne(place);
  return {
    directory,
    api,
    keys,
    gatewayPort: place.port,
    httpsPort: place.httpsPort,
    sshPort: place.sshPort,
    healthPort: place.healthPort,
    caFile: files.caFile,
    ca: files.ca,
    get controlPlane() {
      return controlPlane;
    },
    get gateway() {
      return gateway;
    },
    startControlPlane: async () => {
      controlPlane = await startReplica(apiPort);
    },
    startGateway: async () => {
      gateway = await startOne(place);
    },
    addControlPlane: async () => {
      const port = await freePort();
      extra.push(await startReplica(port));
      return new ControlPlaneApi(`https://127.0.0.1:${port}`, files.ca, key);
    },
    addGateway: async (name, replica, env = {}) => {
      const added = await newGateway(name, replica);
      const process = await startOne(added, env);
      extra.unshift(process);
      return { gatewayPort: added.port, healthPort: added.healthPort, process };
    },
    stop: async () => {
      for (const process of [gateway, ...extra, controlPlane]) await process.stop();
      await database.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export interface AddedGateway {
  /** Of its listener for PostgreSQL. */
  readonly gatewayPort: number;
  readonly healthPort: number;
  readonly process: NodeProcess;
}

interface GatewayPlace {
  readonly name: string;
  readonly replica: ControlPlaneApi;
  readonly enrolment: string;
  readonly port: number;
  readonly httpsPort: number;
  readonly sshPort: number;
  readonly healthPort: number;
}

async function newGateway(name: string, replica: ControlPlaneApi): Promise<GatewayPlace> {
  const { token } = await replica.expect<{ token: string }>('POST', '/v1/gateways/enrolments', { name });
  return {
    ...{ name, replica, enrolment: token },
    port: await freePort(),
    httpsPort: await freePort(),
    sshPort: await freePort(),
    healthPort: await freePort(),
  };
}

interface InstallationFiles {
  readonly ca: string;
  readonly caFile: string;
  readonly certificate: string;
  readonly key: string;
  readonly masterKey: string;
}

async function writeFiles(directory: string): Promise<InstallationFiles> {
  const authority = await makeAuthority();
  const issued = await issueServerCertificate(authority, ['localhost', '127.0.0.1', '*.gateway.test']);
  const write = (name: string, text: string): string => {
    const file = join(directory, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  return {
    ca: authority.certificate,
    caFile: write('ca.pem', authority.certificate),
    certificate: write('tls.pem', issued.certificate),
    key: write('tls.key', issued.privateKey),
    masterKey: write('master.key', randomBytes(32).toString('base64')),
  };
}
