import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  freePort,
  issueServerCertificate,
  makeAuthority,
  startPostgres,
  type PostgresServer,
  type PostgresVersion,
} from '@sallyport/testing';
import { ControlPlaneApi } from './control-plane-api.js';
import { NodeProcess } from './node-process.js';
import { fillShop, shopManifests, type Shop } from './shop.js';

const root = resolve(import.meta.dirname, '../../../..');

export interface StackOptions {
  /** Of the target. */
  readonly version?: PostgresVersion;
  readonly targetTls?: boolean;
  readonly gatewayEnv?: Readonly<Record<string, string>>;
  readonly controlPlaneEnv?: Readonly<Record<string, string>>;
}

/** A whole installation: database, control plane, enrolled gateway, target, accounts with their keys. */
export interface Stack {
  readonly directory: string;
  readonly target: PostgresServer;
  readonly shop: Shop;
  readonly api: ControlPlaneApi;
  /** Keys by service account. */
  readonly keys: Readonly<Record<'ci' | 'reviewer' | 'operator' | 'stranger', string>>;
  readonly gatewayPort: number;
  readonly healthPort: number;
  /** File with the authority that signed the gateway's certificate. */
  readonly caFile: string;
  readonly ca: string;
  controlPlane: NodeProcess;
  gateway: NodeProcess;
  startControlPlane(): Promise<void>;
  startGateway(): Promise<void>;
  stop(): Promise<void>;
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-conformance-'));
  const database = await startPostgres({ version: '18' });
  const target = await startPostgres({
    version: options.version ?? '18',
    tls: options.targetTls,
    settings: { log_statement: 'all', log_min_messages: 'warning' },
  });
  const [shop, ports, files] = await Promise.all([fillShop(target), reservePorts(), writeFiles(directory)]);
  const api = new ControlPlaneApi(`https://127.0.0.1:${ports.api}`, files.ca);
  const bootstrap = randomBytes(24).toString('hex');
  const controlPlaneEnv = {
    DATABASE_URL: database.adminUrl,
    RECORDINGS_URL: `file://${join(directory, 'recordings')}`,
    SALLYPORT_LISTEN: `127.0.0.1:${ports.api}`,
    SALLYPORT_PUBLIC_URL: `https://127.0.0.1:${ports.api}`,
    SALLYPORT_TLS_CERT_FILE: files.certificate,
    SALLYPORT_TLS_KEY_FILE: files.key,
    SALLYPORT_MASTER_KEY_FILE: files.masterKey,
    SALLYPORT_BOOTSTRAP_TOKEN: bootstrap,
    ...options.controlPlaneEnv,
  };
  let enrolment = '';
  const startControlPlane = async (): Promise<NodeProcess> => {
    const process = NodeProcess.start('control plane', join(root, 'apps/control-plane/dist/main.js'), controlPlaneEnv);
    await process.ready(async () => (await api.call('GET', '/readyz')).status === 200);
    return process;
  };
  const startGateway = async (): Promise<NodeProcess> => {
    const process = NodeProcess.start('gateway', join(root, 'apps/gateway/dist/main.js'), {
      SALLYPORT_CONTROL_PLANE_URL: `wss://127.0.0.1:${ports.api}/gateway`,
      SALLYPORT_CA_FILE: files.caFile,
      SALLYPORT_GATEWAY_NAME: 'gateway-1',
      SALLYPORT_ENROLMENT_TOKEN: enrolment,
      SALLYPORT_STATE_DIR: join(directory, 'gateway'),
      SALLYPORT_POSTGRES_LISTEN: `127.0.0.1:${ports.postgres}`,
      SALLYPORT_TLS_CERT_FILE: files.certificate,
      SALLYPORT_TLS_KEY_FILE: files.key,
      SALLYPORT_HEALTH_LISTEN: `127.0.0.1:${ports.health}`,
      ...options.gatewayEnv,
    });
    await process.ready(async () => (await fetch(`http://127.0.0.1:${ports.health}/readyz`)).ok);
    return process;
  };
  const controlPlane = await startControlPlane();
  const { key } = await api.expect<{ key: string }>('POST', '/v1/bootstrap', { token: bootstrap });
  const admin = api.as(key);
  await admin.expect('PUT', '/v1/manifests', shopManifests(target, options.targetTls ? 'verify-full' : 'disable'));
  const keyOf = async (account: string): Promise<string> =>
    (await admin.expect<{ key: string }>('POST', `/v1/service-accounts/${account}/keys`, {})).key;
  const keys = {
    ci: await keyOf('ci'),
    reviewer: await keyOf('reviewer'),
    operator: await keyOf('operator'),
    stranger: await keyOf('stranger'),
  };
  const enrolled = await admin.expect<{ token: string }>('POST', '/v1/gateways/enrolments', { name: 'gateway-1' });
  enrolment = enrolled.token;
  const stack: Stack = {
    directory,
    target,
    shop,
    api: admin,
    keys,
    gatewayPort: ports.postgres,
    healthPort: ports.health,
    caFile: files.caFile,
    ca: files.ca,
    controlPlane,
    gateway: await startGateway(),
    startControlPlane: async () => {
      stack.controlPlane = await startControlPlane();
    },
    startGateway: async () => {
      stack.gateway = await startGateway();
    },
    stop: async () => {
      await stack.gateway.stop();
      await stack.controlPlane.stop();
      await Promise.all([target.stop(), database.stop()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return stack;
}

async function reservePorts(): Promise<{ api: number; postgres: number; health: number }> {
  const [api, postgres, health] = await Promise.all([freePort(), freePort(), freePort()]);
  return { api: api!, postgres: postgres!, health: health! };
}

async function writeFiles(directory: string): Promise<{
  ca: string;
  caFile: string;
  certificate: string;
  key: string;
  masterKey: string;
}> {
  const authority = await makeAuthority();
  const issued = await issueServerCertificate(authority, ['localhost', '127.0.0.1']);
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
