import type { AlgorithmOffer } from './ssh2-protocol.js';

/** Elliptic curves and large groups only; the strict variant is added by the transport (Terrapin, CVE-2023-48795). */
const kex = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group18-sha512',
  'diffie-hellman-group14-sha256',
];

/** No chacha20-poly1305 and no CBC: prefixes cut from those are not noticed where a peer lacks the strict exchange. */
const cipher = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'];
const mac = ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'];

/** Signature algorithms by the type of the key that makes them. SHA-1 is none of them. */
export const signaturesOf: Readonly<Record<string, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

/** The digest that goes with a signature algorithm, where the key's type does not settle it. */
export function digestOf(algorithm: string): string | undefined {
  if (algorithm === 'rsa-sha2-512') return 'sha512';
  return algorithm === 'rsa-sha2-256' ? 'sha256' : undefined;
}

/** The type of key that makes signatures of an algorithm; undefined for algorithms that are not accepted. */
export function keyTypeOf(algorithm: string): string | undefined {
  return Object.keys(signaturesOf).find((type) => signaturesOf[type]!.includes(algorithm));
}

/** @param serverHostKey signature algorithms, the preferred first */
export function algorithmOffer(serverHostKey: readonly string[]): AlgorithmOffer {
  // Compression before or after login is a bomb's best friend: none.
  const direction = { cipher, mac, compress: ['none'], lang: [] };
  return { kex, serverHostKey, cs: direction, sc: direction };
}
