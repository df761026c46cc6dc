import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ResourceBinding } from '@sallyport/enforcement';
import { makeSshKey, OpenSsh, publicKeyOf, startSshServer, type SshServer } from '@sallyport/testing';
import { createSshAdapter } from '../adapter.js';
import { TestingHost } from './testing-host.js';

/** A real OpenSSH client before the gateway, a real server behind it. */
export class TestingSetup extends OpenSsh {
  private constructor(
    readonly host: TestingHost,
    readonly sshd: SshServer,
    folder: string,
    readonly gateway: { readonly port: number; readonly close: () => Promise<void> },
  ) {
    const hostKey = publicKeyOf(path.join(folder, 'gateway'));
    super(folder, { port: gateway.port, hostKey, user: 'box', token: 'good-token' });
  }

  static async start(sshdConfig: readonly string[] = []): Promise<TestingSetup> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-ssh-'));
    const hostKey = makeSshKey(path.join(folder, 'gateway'));
    const sshd = await startSshServer(sshdConfig);
    const host = new TestingHost(createSshAdapter({ hostKeys: [hostKey] }));
    host.bindings.set('box', bindingOf(sshd));
    return new TestingSetup(host, sshd, folder, await host.listen());
  }

  async stop(): Promise<void> {
    await this.gateway.close();
    await this.sshd.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** Everything as it was before the first test. */
  reset(): void {
    this.host.reset();
    this.host.bindings.set('box', bindingOf(this.sshd));
  }
}

export function bindingOf(sshd: SshServer): ResourceBinding {
  return {
    name: 'box',
    protocol: 'ssh',
    upstream: { host: '127.0.0.1', port: sshd.port, tls: 'disable' },
    credential: { username: sshd.username, privateKey: sshd.privateKey },
    classification: [],
    fields: [],
    ssh: { hostKeys: [sshd.hostKey], logins: [] },
    revision: '1',
  };
}

/** Waits until it holds; fails the test when it does not within five seconds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (let attempt = 0; attempt < 250; attempt += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`never happened: ${what}`);
}
