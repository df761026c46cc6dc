import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ApiClient, ApiError } from '@sallyport/api-client';
import { bootstrapResult, enrolment } from '@sallyport/api-contract';
import { storeAdministratorKey, storedAdministratorKey } from './administrator-key.js';
import { localCertificates, type LocalCertificates } from './certificates.js';
import { startCluster, type Cluster } from './postgres/cluster.js';
import type { PortPlan } from './port-plan.js';
import { randomSecret, storedSecret } from './private-file.js';
import { SupervisedProcess } from './supervised-process.js';

export interface StackOptions {
  readonly data: string;
  readonly ports: PortPlan;
  /** Progress for a person, one line each. */
  readonly say: (line: string) => void;
}

/** Everything of one machine's Sallyport, started in order and stopped in the opposite one. */
export interface Stack {
  readonly api: string;
  /** As the administrator. */
  readonly client: ApiClient;
  readonly adminToken: string;
  readonly certificates: LocalCertificates;
  /** Resolves when the database has ended, without which nothing goes on. */
  readonly databaseEnded: Promise<void>;
}

const gatewayName = 'local';

/** Each part that started is given to `onStarted`, so that a failing start can stop what came before it. */
export async function startStack(
  options: StackOptions,
  onStarted: (stop: () => Promise<void>) => void,
): Promise<Stack> {
  const { data, ports, say } = options;
  const certificates = await localCertificates(data);
  const ca = fs.readFileSync(certificates.ca, 'utf8');
  const api = `https://127.0.0.1:${ports.api}`;
  say('starting PostgreSQL');
  const database = await startCluster({ data, name: 'postgres', port: ports.database });
  onStarted(() => database.stop());

  const bootstrapToken = randomSecret();
  say('starting the control plane');
  const controlPlane = await startControlPlane(options, { database, certificates, api, ca, bootstrapToken });
  onStarted(() => controlPlane.stop());

  const adminToken = await administrator(data, { baseUrl: api, ca }, bootstrapToken);
  const client = new ApiClient({ baseUrl: api, ca, token: adminToken });
  onStarted(async () => client.close());
  const { token } = await client.post('/v1/gateways/enrolments', enrolment, { name: gatewayName });
  say('starting the gateway');
  const gateway = await startGateway(options, { certificates, token });
  onStarted(() => gateway.stop());
  return { api, client, adminToken, certificates, databaseEnded: database.ended };
}

interface ControlPlaneParts {
  readonly database: Cluster;
  readonly certificates: LocalCertificates;
  readonly api: string;
  readonly ca: string;
  readonly bootstrapToken: string;
}

async function startControlPlane(options: StackOptions, parts: ControlPlaneParts): Promise<SupervisedProcess> {
  const { data, ports, say } = options;
  const masterKey = path.join(data, 'master.key');
  storedSecret(masterKey, () => randomBytes(32).toString('base64'));
  const recordings = path.join(data, 'recordings');
  fs.mkdirSync(recordings, { recursive: true, mode: 0o700 });
  const probe = new ApiClient({ baseUrl: parts.api, ca: parts.ca, timeoutMs: 2000 });
  const started = await SupervisedProcess.start({
    log: { data, name: 'control-plane' },
    script: appScript('control-plane'),
    env: {
      DATABASE_URL: parts.database.url('postgres'),
      RECORDINGS_URL: pathToFileURL(recordings).href,
      SALLYPORT_LISTEN: `127.0.0.1:${ports.api}`,
      SALLYPORT_PUBLIC_URL: parts.api,
      SALLYPORT_TLS_CERT_FILE: parts.certificates.api.certificate,
      SALLYPORT_TLS_KEY_FILE: parts.certificates.api.key,
      SALLYPORT_MASTER_KEY_FILE: masterKey,
      SALLYPORT_BOOTSTRAP_TOKEN: parts.bootstrapToken,
    },
    ready: () => probe.text('/readyz'),
    onRestart: say,
  });
  probe.close();
  return started;
}

async function startGateway(
  { data, ports, say }: StackOptions,
  { certificates, token }: { readonly certificates: LocalCertificates; readonly token: string },
): Promise<SupervisedProcess> {
  const probe = new ApiClient({ baseUrl: `http://127.0.0.1:${ports.gatewayHealth}`, timeoutMs: 2000 });
  const started = await SupervisedProcess.start({
    log: { data, name: 'gateway' },
    script: appScript('gateway'),
    env: {
      SALLYPORT_CONTROL_PLANE_URL: `wss://127.0.0.1:${ports.api}/gateway`,
      SALLYPORT_CA_FILE: certificates.ca,
      SALLYPORT_GATEWAY_NAME: gatewayName,
      SALLYPORT_ENROLMENT_TOKEN: token,
      SALLYPORT_STATE_DIR: path.join(data, 'gateway'),
      SALLYPORT_POSTGRES_LISTEN: `127.0.0.1:${ports.postgres}`,
      SALLYPORT_HTTPS_LISTEN: `127.0.0.1:${ports.https}`,
      SALLYPORT_SSH_LISTEN: `127.0.0.1:${ports.ssh}`,
      SALLYPORT_TLS_CERT_FILE: certificates.gateway.certificate,
      SALLYPORT_TLS_KEY_FILE: certificates.gateway.key,
      SALLYPORT_HEALTH_LISTEN: `127.0.0.1:${ports.gatewayHealth}`,
    },
    ready: () => probe.text('/readyz'),
    onRestart: say,
  });
  probe.close();
  return started;
}

/**
 * The administrator's key: the stored one while it is good, or a new one for the control plane's bootstrap token. That is new
 * with every start, so a key that was deleted, or rotated from elsewhere, locks nobody out for longer than that.
 */
async function administrator(
  data: string,
  at: { baseUrl: string; ca: string },
  bootstrapToken: string,
): Promise<string> {
  const stored = storedAdministratorKey(data);
  if (stored !== undefined && (await isGood(at, stored))) return stored;
  const client = new ApiClient(at);
  try {
    const { key } = await client.post('/v1/bootstrap', bootstrapResult, { token: bootstrapToken });
    storeAdministratorKey(data, key);
    return key;
  } finally {
    client.close();
  }
}

/** Throws where the API does not say: a key is not given up for a network's fault. */
async function isGood(at: { baseUrl: string; ca: string }, token: string): Promise<boolean> {
  const client = new ApiClient({ ...at, token });
  try {
    await client.text('/v1/whoami');
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return false;
    throw error;
  } finally {
    client.close();
  }
}

/** `apps/NAME/dist/main.js`, seen from `apps/cli/{src,dist}/local`. */
function appScript(name: string): string {
  return fileURLToPath(new URL(`../../../${name}/dist/main.js`, import.meta.url));
}
