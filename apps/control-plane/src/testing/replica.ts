import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { startPostgres } from '@sallyport/testing';
import type { Logger } from 'pino';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import { createApp } from '../create-app.js';
import type { Config } from '../platform/config/config.js';
import { loadConfig } from '../platform/config/config.js';
import { DATA_SOURCE } from '../platform/database/data-source.js';

export const bootstrapToken = 'a bootstrap token for tests';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; undefined where it is no JSON. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}
export interface Call {
  /** Credential; by default the administrator's, null for none. */
  readonly as?: string | null;
  /** Text goes as YAML unless a content type is given, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One control plane in this process, over plain HTTP on loopback. */
export class Replica {
  administrator: string | null = null;

  private constructor(
    readonly app: NestExpressApplication,
    readonly config: Config,
    readonly url: string,
  ) {}

  static async start(config: Config, log: Logger = pino({ level: 'silent' })): Promise<Replica> {
    const app = await createApp(config, log);
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new Replica(app, config, `http://127.0.0.1:${port}`);
  }

  get database(): DataSource {
    return this.app.get<DataSource>(DATA_SOURCE);
  }

  async call(method: string, path: string, { as = this.administrator, body, headers }: Call = {}): Promise<Answer> {
    const isText = typeof body === 'string';
    const response = await fetch(this.url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(body !== undefined && { 'content-type': isText ? 'application/yaml' : 'application/json' }),
        ...(as !== null && { authorization: `Bearer ${as}` }),
        ...headers,
      },
      ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  }

  /** Makes the administrator and remembers its key. */
  async bootstrap(): Promise<void> {
    const answer = await this.call('POST', '/v1/bootstrap', { body: { token: bootstrapToken }, as: null });
    if (answer.status !== 201) throw new Error(answer.text);
    this.administrator = answer.body.key as string;
  }

  /** A service account in these groups, with an owner of its own; its key. */
  async account(name: string, ...groups: string[]): Promise<string> {
    await this.call('POST', '/v1/service-accounts', { body: { name, groups, owner: `owner-of-${name}` } });
    const made = await this.call('POST', `/v1/service-accounts/${name}/keys`, { body: {} });
    if (made.status !== 201) throw new Error(made.text);
    return made.body.key as string;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A database of its own, and as many replicas over it as a test wants. */
export interface TestInstallation {
  readonly env: Readonly<Record<string, string>>;
  /** As a superuser. */
  readonly databaseUrl: string;
  replica(extra?: Record<string, string>, log?: Logger): Promise<Replica>;
  stop(): Promise<void>;
}

export async function startInstallation(): Promise<TestInstallation> {
  const postgres = await startPostgres({ version: '18', maxConnections: 300 });
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-control-plane-'));
  const masterKeyFile = join(directory, 'master.key');
  writeFileSync(masterKeyFile, randomBytes(32).toString('base64'), { mode: 0o600 });
  const replicas: Replica[] = [];
  const env = {
    DATABASE_URL: postgres.url,
    RECORDINGS_URL: pathToFileURL(join(directory, 'recordings')).href,
    SALLYPORT_TLS: 'off',
    SALLYPORT_LISTEN: '127.0.0.1:0',
    SALLYPORT_PUBLIC_URL: 'https://sallyport.test',
    SALLYPORT_MASTER_KEY_FILE: masterKeyFile,
    SALLYPORT_BOOTSTRAP_TOKEN: bootstrapToken,
  };
  return {
    env,
    databaseUrl: postgres.adminUrl,
    async replica(extra = {}, log) {
      const replica = await Replica.start(loadConfig({ ...env, ...extra }), log);
      replicas.push(replica);
      return replica;
    },
    async stop() {
      await Promise.all(replicas.map((replica) => replica.app.close()));
      await postgres.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
