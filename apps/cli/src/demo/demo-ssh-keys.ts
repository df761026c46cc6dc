import fs from 'node:fs';
import path from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import { storedSecret, writePrivateFile } from '../local/private-file.js';

/** A key pair of the demo: the private half in a file, the public one as a line. */
export interface DemoSshKey {
  readonly file: string;
  readonly publicLine: string;
}

/** The key in the file, made and stored on first use. */
export function demoSshKey(file: string): DemoSshKey {
  storedSecret(file, newKey);
  return { file, publicLine: publicLineOf(fs.readFileSync(file, 'utf8')) };
}

/** One in 256 of the library's cannot be read: it drops a zero at the front of the public half. */
function newKey(): string {
  for (;;) {
    const key = ssh2.utils.generateKeyPairSync('ed25519').private;
    if (!(ssh2.utils.parseKey(key) instanceof Error)) return key.trimEnd();
  }
}

/**
 * What lets a plain `ssh -F` in as the service account ci: where the gateway is, by which key it is known, and whose key to
 * show. Returns the file's path.
 */
export function writeSshConfig(
  data: string,
  { port, key }: { readonly port: number; readonly key: DemoSshKey },
): string {
  const knownHosts = path.join(data, 'demo-known-hosts');
  const gatewayKey = publicLineOf(fs.readFileSync(path.join(data, 'gateway/ssh-host.key'), 'utf8'));
  writePrivateFile(knownHosts, `sallyport ${gatewayKey}\n`);
  const file = path.join(data, 'demo.ssh-config');
  const settings = [
    ...['Host host-1', 'HostName 127.0.0.1', `Port ${port}`, 'User host-1'],
    ...['HostKeyAlias sallyport', 'StrictHostKeyChecking yes', `UserKnownHostsFile ${quoted(knownHosts)}`],
    ...['IdentitiesOnly yes', `IdentityFile ${quoted(key.file)}`],
  ];
  writePrivateFile(file, `${settings.join('\n  ')}\n`);
  return file;
}

/** A percent sign begins a token in ssh_config(5). */
function quoted(file: string): string {
  return `"${file.replaceAll('%', '%%')}"`;
}

function publicLineOf(privateKey: string): string {
  const key = ssh2.utils.parseKey(privateKey) as ParsedKey;
  return `${key.type} ${key.getPublicSSH().toString('base64')}`;
}
