import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

/** Injection token of the validated Config. */
export const CONFIG = Symbol('Config');

export interface Config {
  readonly databaseUrl: string;
  readonly redisUrl: string | undefined;
  /** `file://` or `s3://`; whether the scheme is served is for the recording store to say. */
  readonly recordingsUrl: string;
  readonly listen: ListenAddress;
  /** Base URL that clients use, and the issuer of access tokens. No trailing slash. */
  readonly publicUrl: string;
  /** PEM texts; undefined only on loopback with SALLYPORT_TLS=off. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** 32 bytes: encrypts the keys that encrypt secrets. */
  readonly masterKey: Buffer;
  readonly bootstrapToken: string | undefined;
  readonly worker: 'inline' | 'none';
  readonly policyMaxAgeSeconds: number;
  /** Approvals one identity may have pending at once. */
  readonly maxPendingApprovals: number;
  readonly logLevel: LogLevel;
  /** End when standard input does: the supervisor that started this process is gone. */
  readonly parentWatch: boolean;
  /** Real paths of this process's own secrets, which no manifest may read. */
  readonly ownSecretFiles: readonly string[];
}
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** One line per variable that is missing or wrong. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

const url = (...schemes: string[]) =>
  z.string().refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol), {
    error: `must be a URL that starts with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`,
  });

const environment = z.object({
  NODE_ENV: z.string().optional(),
  DATABASE_URL: url('postgres:', 'postgresql:'),
  REDIS_URL: url('redis:', 'rediss:').optional(),
  RECORDINGS_URL: url('file:', 's3:').optional(),
  SALLYPORT_LISTEN: z.string().default('127.0.0.1:7443').transform(parseListen),
  SALLYPORT_PUBLIC_URL: url('https:', 'http:').optional(),
  SALLYPORT_TLS: z.enum(['on', 'off'], { error: 'must be on or off' }).default('on'),
  SALLYPORT_TLS_CERT_FILE: z.string().optional(),
  SALLYPORT_TLS_KEY_FILE: z.string().optional(),
  SALLYPORT_MASTER_KEY_FILE: z.string({ error: 'is required' }),
  SALLYPORT_BOOTSTRAP_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  SALLYPORT_WORKER: z.enum(['inline', 'none'], { error: 'must be inline or none' }).default('inline'),
  SALLYPORT_POLICY_MAX_AGE_SECONDS: wholeNumber(1, 86_400).default(300),
  SALLYPORT_MAX_PENDING_APPROVALS: wholeNumber(1, 100_000).default(50),
  SALLYPORT_LOG_LEVEL: z.enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` }).default('info'),
  SALLYPORT_PARENT_WATCH: z.string().optional(),
});

/**
 * Reads and checks every variable, and the files they name, before anything starts.
 * @throws ConfigError naming every problem at once.
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const given: Environment = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(given);
  const problems: string[] = [];
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = String(issue.path[0]);
      problems.push(`${name}: ${given[name] === undefined ? 'is required' : issue.message}`);
    }
  }
  const masterKey = readMasterKey(given['SALLYPORT_MASTER_KEY_FILE'], problems);
  const tls = readTls(given, problems);
  const recordingsUrl = given['RECORDINGS_URL'] ?? defaultRecordings(given['NODE_ENV'], problems);
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  const values = parsed.data;
  const listen = values.SALLYPORT_LISTEN;
  if (tls === undefined && !isLoopback(listen.host)) {
    throw new ConfigError(['SALLYPORT_TLS: may be off only when SALLYPORT_LISTEN is a loopback address']);
  }
  const scheme = values.SALLYPORT_TLS === 'off' ? 'http' : 'https';
  return {
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    recordingsUrl,
    listen,
    publicUrl: (values.SALLYPORT_PUBLIC_URL ?? `${scheme}://${formatListen(listen)}`).replace(/\/+$/, ''),
    tls,
    masterKey,
    bootstrapToken: values.SALLYPORT_BOOTSTRAP_TOKEN,
    worker: values.SALLYPORT_WORKER,
    policyMaxAgeSeconds: values.SALLYPORT_POLICY_MAX_AGE_SECONDS,
    maxPendingApprovals: values.SALLYPORT_MAX_PENDING_APPROVALS,
    logLevel: values.SALLYPORT_LOG_LEVEL,
    parentWatch: values.SALLYPORT_PARENT_WATCH === '1',
    ownSecretFiles: [values.SALLYPORT_MASTER_KEY_FILE, values.SALLYPORT_TLS_KEY_FILE].filter(
      (path) => path !== undefined,
    ),
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .union([z.int(), z.string().regex(/^\d+$/, error).transform(Number)], { error })
    .pipe(z.int().min(min, error).max(max, error));
}

function parseListen(text: string, context: z.RefinementCtx): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) {
    context.addIssue({ code: 'custom', message: 'must be host:port, such as 127.0.0.1:7443 or [::1]:7443' });
    return z.NEVER;
  }
  return { host: match[1] ?? match[2]!, port };
}

/** `host:port`, IPv6 in brackets. */
export function formatListen(listen: ListenAddress): string {
  return `${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function readTls(given: Environment, problems: string[]): Config['tls'] {
  if (given['SALLYPORT_TLS'] === 'off') return undefined;
  const cert = readText('SALLYPORT_TLS_CERT_FILE', given['SALLYPORT_TLS_CERT_FILE'], problems);
  const key = readText('SALLYPORT_TLS_KEY_FILE', given['SALLYPORT_TLS_KEY_FILE'], problems);
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

function readText(name: string, path: string | undefined, problems: string[]): string | undefined {
  if (path === undefined) {
    problems.push(`${name}: is required (or SALLYPORT_TLS=off on loopback)`);
    return undefined;
  }
  try {
    accessSync(path, constants.R_OK);
    return readFileSync(path, 'utf8');
  } catch (error) {
    problems.push(`${name}: cannot read ${path} (${(error as NodeJS.ErrnoException).code})`);
    return undefined;
  }
}

function readMasterKey(path: string | undefined, problems: string[]): Buffer {
  const none = Buffer.alloc(0);
  // The schema has said that it is missing.
  if (path === undefined) return none;
  try {
    // Group and others must have no access at all: whoever reads this file reads every stored secret.
    if ((statSync(path).mode & 0o077) !== 0) {
      problems.push(`SALLYPORT_MASTER_KEY_FILE: ${path} must be readable by its owner only (chmod 600)`);
      return none;
    }
    const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
    if (key.length === 32) return key;
    problems.push(`SALLYPORT_MASTER_KEY_FILE: ${path} must hold 32 bytes as base64`);
  } catch (error) {
    problems.push(`SALLYPORT_MASTER_KEY_FILE: cannot read ${path} (${(error as NodeJS.ErrnoException).code})`);
  }
  return none;
}

function defaultRecordings(nodeEnv: string | undefined, problems: string[]): string {
  if (nodeEnv === 'production') problems.push('RECORDINGS_URL: is required when NODE_ENV is production');
  return pathToFileURL(join(homedir(), '.sallyport', 'recordings')).href;
}
