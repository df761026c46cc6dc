import { createRequire } from 'node:module';

interface KeyUtils {
  generateKeyPairSync(type: 'ed25519'): { private: string };
  parseKey(key: string): object;
}

const load = createRequire(import.meta.url);

/**
 * A new Ed25519 host key, in OpenSSH's private key format. One in 256 of ssh2's cannot be read, by nobody: it drops a zero at
 * the front of the public half.
 */
export function generateHostKey(): string {
  const { utils } = load('ssh2') as { utils: KeyUtils };
  for (;;) {
    const { private: key } = utils.generateKeyPairSync('ed25519');
    if (!(utils.parseKey(key) instanceof Error)) return key;
  }
}
