import { join } from 'node:path';
import type { ProtocolAdapter } from '@sallyport/enforcement';
import { createHttpsEntrance } from '@sallyport/http-core';
import { createHttpProtocol } from '@sallyport/protocol-http';
import { createKubernetesProtocol } from '@sallyport/protocol-kubernetes';
import { createPostgresAdapter } from '@sallyport/protocol-postgres';
import { createSshAdapter, generateHostKey } from '@sallyport/protocol-ssh';
import type { Config } from './config.js';
import type { Logger } from './logger.js';
import { makePrivateDirectory, readFileIfThere, writePrivateFile } from './private-files.js';

/** Every protocol that this gateway speaks, as far as it listens for it. @throws when the SSH host key cannot be used. */
export function adaptersOf(config: Config, log: Logger): ProtocolAdapter[] {
  const { listen, httpDomain } = config;
  return [
    ...(listen.postgres ? [createPostgresAdapter()] : []),
    ...(listen.https
      ? [createHttpsEntrance([createHttpProtocol(), createKubernetesProtocol()], { domain: httpDomain })]
      : []),
    ...(listen.ssh ? [sshAdapter(config, log)] : []),
  ];
}

function sshAdapter(config: Config, log: Logger): ProtocolAdapter {
  const adapter = createSshAdapter({ hostKeys: [config.sshHostKey ?? ownHostKey(config.stateDir)] });
  if (!adapter.nativeCrypto) log.warn('the native cryptography of SSH is not built: sessions work, at half the speed');
  return adapter;
}

/** Kept, because clients remember it. */
function ownHostKey(stateDir: string): string {
  const file = join(stateDir, 'ssh-host.key');
  const known = readFileIfThere(file);
  if (known !== undefined) return known;
  makePrivateDirectory(stateDir);
  const key = generateHostKey();
  writePrivateFile(file, key);
  return key;
}
