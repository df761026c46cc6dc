import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  finished,
  freePort,
  OpenSsh,
  publicKeyOf,
  startInstallation,
  type Finished,
  type Installation,
  type SshRun as RunOptions,
} from '@sallyport/testing';
import { SshRun } from '../clients/ssh-run.js';
import { accounts, boxManifests, startBox, type Account, type Box } from './ssh-box.js';

interface Started {
  readonly installation: Installation;
  readonly box: Box;
  /** For the files of clients. */
  readonly home: string;
}

async function start(gatewayEnv: Readonly<Record<string, string>>): Promise<Started> {
  const box = await startBox();
  const manifests = boxManifests(box, await freePort());
  const installation = await startInstallation({ manifests, accounts, gatewayEnv });
  return { box, installation, home: mkdtempSync(join(tmpdir(), 'sallyport-ssh-home-')) };
}

/** One installation in front of one server for the tests of a describe block, and OpenSSH's clients of it. */
export class SshUnderTest {
  #started: Started | undefined;
  #markers = 0;
  /** By token. */
  readonly #clients = new Map<string, OpenSsh>();

  constructor(gatewayEnv: Readonly<Record<string, string>> = {}) {
    beforeAll(async () => {
      this.#started = await start(gatewayEnv);
    }, 120_000);
    afterAll(async () => {
      if (!this.#started) return;
      await this.stack.stop();
      await this.box.stop();
      rmSync(this.#started.home, { recursive: true, force: true });
    }, 60_000);
  }

  get stack(): Installation {
    return this.#here.installation;
  }
  get box(): Box {
    return this.#here.box;
  }
  get home(): string {
    return this.#here.home;
  }

  /** The programs of OpenSSH with a token of this account, for `box`; they know the gateway by the key that it keeps. */
  as(account: Account, token = this.stack.keys[account]!): OpenSsh {
    const known = this.#clients.get(token);
    if (known) return known;
    const folder = mkdtempSync(join(this.home, `${account}-`));
    const hostKey = publicKeyOf(join(this.stack.directory, 'gateway-1/ssh-host.key'));
    const client = new OpenSsh(folder, { port: this.stack.sshPort, hostKey, user: 'box', token });
    this.#clients.set(token, client);
    return client;
  }

  /** Runs to its end. */
  ssh(account: Account, command: string, run: Partial<RunOptions> = {}): Promise<Finished> {
    return this.as(account).ssh([command], run);
  }

  /** Runs until it is told to end; nothing is at its standard input, or it stays open. */
  run(
    account: Account,
    args: readonly string[],
    options: { readonly before?: readonly string[]; stdin?: 'open' } = {},
  ): SshRun {
    const child = this.as(account).start(args, options.before);
    if (options.stdin !== 'open') child.stdin.end();
    return new SshRun(child);
  }

  /** Runs another program whose way to the gateway is ssh. */
  tool(
    account: Account,
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Finished> {
    return finished(this.as(account).spawn(program, args, undefined, env), '');
  }

  /** A path on the server that does not exist: what runs leaves it behind. */
  marker(): string {
    this.#markers += 1;
    return join(this.box.folder, 'open', `marker-${this.#markers}`);
  }

  exists(path: string): boolean {
    return existsSync(path);
  }

  approve(id: string, account: Account = 'reviewer', comment = 'looked at it'): Promise<unknown> {
    return this.stack.api.as(this.stack.keys[account]!).expect('POST', `/v1/approvals/${id}/approve`, { comment });
  }

  async approval(id: string): Promise<Record<string, unknown>> {
    return this.stack.api.expect('GET', `/v1/approvals/${id}`);
  }

  async stateOf(id: string): Promise<unknown> {
    return (await this.approval(id))['state'];
  }

  get #here(): Started {
    if (!this.#started) throw new Error('the installation did not start');
    return this.#started;
  }
}
