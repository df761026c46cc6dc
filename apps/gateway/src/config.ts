import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import { listenerNames, type ListenerName } from '@sallyport/enforcement';
import type { TlsFiles } from './tls-context.js';

const gibibyte = 1024 ** 3;
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface Config {
  /** `wss://…/gateway`, or `ws://` on loopback. */
  readonly controlPlaneUrl: string;
  /** PEM of the authority to trust for the control plane, instead of the system's. */
  readonly controlPlaneCa: string | undefined;
  readonly name: string;
  readonly enrolmentToken: string | undefined;
  readonly stateDir: string;
  /** Where there is none, nothing of it is served. */
  readonly listen: Readonly<Partial<Record<ListenerName, ListenAddress>>>;
  /** Listeners whose clients need no TLS; on loopback only. */
  readonly plain: ReadonlySet<ListenerName>;
  /** Listeners whose port other gateway processes of this host listen on too; the system deals connections out. */
  readonly shared: ReadonlySet<ListenerName>;
  /** Undefined only where no listener needs it. */
  readonly tls: TlsFiles | undefined;
  /** Under which HTTP resources have hosts of their own: `RESOURCE.DOMAIN`. */
  readonly httpDomain: string | undefined;
  /** Of the SSH listener, PEM. Undefined: the gateway makes its own and keeps it. */
  readonly sshHostKey: string | undefined;
  readonly spoolMaxBytes: number;
  /** `write`: on the operating system's file before anything is forwarded; `fsync`: on the disk itself. */
  readonly durability: 'write' | 'fsync';
  /** Undefined: no health listener. */
  readonly healthListen: ListenAddress | undefined;
  readonly logLevel: (typeof logLevels)[number];
  readonly limits: {
    readonly authTimeoutMs: number;
    readonly maxMessageBytes: number;
    readonly maxHoldInTransactionSeconds: number;
    readonly maxUnauthenticated: number;
    readonly maxConnections: number;
  };
  /** How long running sessions outlive the policy's maximum age; they are denied everything meanwhile. Seconds. */
  readonly staleGraceSeconds: number;
  /** How long exchanges in flight may take to finish at shutdown. Seconds. */
  readonly drainSeconds: number;
  /** End when standard input does: the supervisor that started this process is gone. */
  readonly parentWatch: boolean;
}

/** One line per variable that is missing or wrong. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

const environment = z.object({
  SALLYPORT_CONTROL_PLANE_URL: z.string().transform(parseControlPlaneUrl),
  SALLYPORT_CA_FILE: z.string().optional(),
  SALLYPORT_GATEWAY_NAME: z.string().regex(/^[a-zA-Z0-9._-]{1,128}$/, 'must be 1 to 128 of letters, digits, . _ -'),
  SALLYPORT_ENROLMENT_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  SALLYPORT_STATE_DIR: z.string(),
  SALLYPORT_POSTGRES_LISTEN: z.string().transform(parseListen).optional(),
  SALLYPORT_HTTPS_LISTEN: z.string().transform(parseListen).optional(),
  SALLYPORT_SSH_LISTEN: z.string().transform(parseListen).optional(),
  SALLYPORT_POSTGRES_TLS: z.enum(['required', 'off'], { error: 'must be required or off' }).default('required'),
  SALLYPORT_HTTPS_TLS: z.enum(['required', 'off'], { error: 'must be required or off' }).default('required'),
  SALLYPORT_HTTPS_REUSE_PORT: z.enum(['on', 'off'], { error: 'must be on or off' }).default('off'),
  SALLYPORT_HTTP_DOMAIN: z
    .string()
    .toLowerCase()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'must be a domain name such as gateway.example.com')
    .optional(),
  SALLYPORT_SSH_HOST_KEY_FILE: z.string().optional(),
  SALLYPORT_TLS_CERT_FILE: z.string().optional(),
  SALLYPORT_TLS_KEY_FILE: z.string().optional(),
  SALLYPORT_SPOOL_MAX_BYTES: wholeNumber(16 * 1024 * 1024, 2 ** 50).default(10 * gibibyte),
  SALLYPORT_RECORDING_DURABILITY: z.enum(['write', 'fsync'], { error: 'must be write or fsync' }).default('write'),
  SALLYPORT_HEALTH_LISTEN: z
    .string()
    .default('127.0.0.1:7440')
    .transform((text, context) => (text === 'off' ? undefined : parseListen(text, context))),
  SALLYPORT_LOG_LEVEL: z.enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` }).default('info'),
  SALLYPORT_AUTH_TIMEOUT_MS: wholeNumber(100, 600_000).default(30_000),
  SALLYPORT_MAX_MESSAGE_BYTES: wholeNumber(16 * 1024, 256 * 1024 * 1024).default(16 * 1024 * 1024),
  SALLYPORT_MAX_HOLD_IN_TRANSACTION_SECONDS: wholeNumber(1, 86_400).default(60),
  SALLYPORT_MAX_UNAUTHENTICATED: wholeNumber(1, 100_000).default(512),
  SALLYPORT_MAX_CONNECTIONS: wholeNumber(1, 1_000_000).default(20_000),
  SALLYPORT_STALE_GRACE_SECONDS: wholeNumber(0, 86_400).default(30),
  SALLYPORT_DRAIN_SECONDS: wholeNumber(0, 3600).default(10),
  SALLYPORT_PARENT_WATCH: z.enum(['0', '1'], { error: 'must be 0 or 1' }).default('0'),
});
type Environment = z.infer<typeof environment>;

/**
 * Reads and checks every variable, and the files they name, before anything starts.
 * @throws ConfigError naming every problem at once.
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(given);
  const listens = listenerNames.some((name) => given[`SALLYPORT_${name.toUpperCase()}_LISTEN`] !== undefined);
  const problems = listens ? [] : [`SALLYPORT_POSTGRES_LISTEN: is required (or that of another listener)`];
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      return `${name}: ${given[name] === undefined ? 'is required' : issue.message}`;
    });
    throw new ConfigError([...wrong, ...problems]);
  }
  const values = parsed.data;
  const listen = listenersOf(values);
  const plain = plainListeners(values, listen, problems);
  const tls = readTls(values, { listen, plain }, problems);
  const hostKeyFile = values.SALLYPORT_SSH_HOST_KEY_FILE;
  const sshHostKey = hostKeyFile && readText('SALLYPORT_SSH_HOST_KEY_FILE', hostKeyFile, problems);
  const ca = values.SALLYPORT_CA_FILE && readText('SALLYPORT_CA_FILE', values.SALLYPORT_CA_FILE, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    controlPlaneUrl: values.SALLYPORT_CONTROL_PLANE_URL,
    controlPlaneCa: ca,
    name: values.SALLYPORT_GATEWAY_NAME,
    enrolmentToken: values.SALLYPORT_ENROLMENT_TOKEN,
    stateDir: values.SALLYPORT_STATE_DIR,
    listen,
    plain,
    shared: new Set<ListenerName>(values.SALLYPORT_HTTPS_REUSE_PORT === 'on' ? ['https'] : []),
    tls,
    httpDomain: values.SALLYPORT_HTTP_DOMAIN,
    sshHostKey,
    spoolMaxBytes: values.SALLYPORT_SPOOL_MAX_BYTES,
    durability: values.SALLYPORT_RECORDING_DURABILITY,
    healthListen: values.SALLYPORT_HEALTH_LISTEN,
    logLevel: values.SALLYPORT_LOG_LEVEL,
    limits: {
      authTimeoutMs: values.SALLYPORT_AUTH_TIMEOUT_MS,
      maxMessageBytes: values.SALLYPORT_MAX_MESSAGE_BYTES,
      maxHoldInTransactionSeconds: values.SALLYPORT_MAX_HOLD_IN_TRANSACTION_SECONDS,
      maxUnauthenticated: values.SALLYPORT_MAX_UNAUTHENTICATED,
      maxConnections: values.SALLYPORT_MAX_CONNECTIONS,
    },
    staleGraceSeconds: values.SALLYPORT_STALE_GRACE_SECONDS,
    drainSeconds: values.SALLYPORT_DRAIN_SECONDS,
    parentWatch: values.SALLYPORT_PARENT_WATCH === '1',
  };
}

function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,16}$/, error)
    .transform(Number)
    .pipe(z.int().min(min, error).max(max, error));
}

function parseListen(text: string, context: z.RefinementCtx): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) {
    context.addIssue({ code: 'custom', message: 'must be host:port, such as 127.0.0.1:7432 or [::1]:7432' });
    return z.NEVER;
  }
  return { host: match[1] ?? match[2]!, port };
}

/** Credentials of targets travel on this connection, so it is TLS wherever it leaves the machine. */
function parseControlPlaneUrl(text: string, context: z.RefinementCtx): string {
  const url = URL.parse(text);
  const scheme = { 'https:': 'wss:', 'wss:': 'wss:', 'http:': 'ws:', 'ws:': 'ws:' }[url?.protocol ?? ''];
  const refuse = (message: string): never => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  if (!url || !scheme)
    return refuse('must be a URL such as https://control-plane:7443 or wss://control-plane:7443/gateway');
  if (scheme === 'ws:' && !isLoopback(url.hostname.replace(/^\[|\]$/g, ''))) {
    return refuse('must use https or wss unless the control plane is on this machine');
  }
  if (url.username || url.password || url.search || url.hash)
    return refuse('must hold no credentials, query or fragment');
  const path = url.pathname === '/' ? '/gateway' : url.pathname;
  return `${scheme}//${url.host}${path}`;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function listenersOf(values: Environment): Config['listen'] {
  const { SALLYPORT_POSTGRES_LISTEN: postgres, SALLYPORT_HTTPS_LISTEN: https, SALLYPORT_SSH_LISTEN: ssh } = values;
  return { ...(postgres && { postgres }), ...(https && { https }), ...(ssh && { ssh }) };
}

/** SSH brings its own protection. */
function plainListeners(values: Environment, listen: Config['listen'], problems: string[]): Set<ListenerName> {
  const plain = new Set<ListenerName>(['ssh']);
  const settings = { postgres: values.SALLYPORT_POSTGRES_TLS, https: values.SALLYPORT_HTTPS_TLS } as const;
  for (const name of ['postgres', 'https'] as const) {
    if (settings[name] !== 'off') continue;
    plain.add(name);
    const address = listen[name];
    if (!address || isLoopback(address.host)) continue;
    const variable = `SALLYPORT_${name.toUpperCase()}`;
    problems.push(`${variable}_TLS: may be off only when ${variable}_LISTEN is a loopback address`);
  }
  return plain;
}

function readTls(
  values: Environment,
  { listen, plain }: Pick<Config, 'listen' | 'plain'>,
  problems: string[],
): Config['tls'] {
  if (listenerNames.every((name) => !listen[name] || plain.has(name))) return undefined;
  const cert = readText('SALLYPORT_TLS_CERT_FILE', values.SALLYPORT_TLS_CERT_FILE, problems);
  const key = readText('SALLYPORT_TLS_KEY_FILE', values.SALLYPORT_TLS_KEY_FILE, problems);
  if (cert === undefined || key === undefined) return undefined;
  try {
    createSecureContext({ cert, key });
  } catch {
    problems.push('SALLYPORT_TLS_KEY_FILE: is not the private key of the certificate in SALLYPORT_TLS_CERT_FILE');
  }
  return { certFile: values.SALLYPORT_TLS_CERT_FILE!, keyFile: values.SALLYPORT_TLS_KEY_FILE! };
}

function readText(name: string, path: string | undefined, problems: string[]): string | undefined {
  if (path === undefined) {
    problems.push(`${name}: is required (or SALLYPORT_POSTGRES_TLS=off and SALLYPORT_HTTPS_TLS=off on loopback)`);
    return undefined;
  }
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    problems.push(`${name}: cannot read ${path} (${(error as NodeJS.ErrnoException).code})`);
    return undefined;
  }
}
