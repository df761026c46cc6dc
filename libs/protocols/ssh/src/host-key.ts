import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

/** A new Ed25519 host key, in OpenSSH's private key format. */
export function generateHostKey(): string {
  const { utils } = load('ssh2') as { utils: { generateKeyPairSync(type: 'ed25519'): { private: string } } };
  return utils.generateKeyPairSync('ed25519').private;
}
