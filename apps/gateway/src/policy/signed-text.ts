import { createPublicKey, verify, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { Signed } from '@sallyport/gateway-contract';

export interface PinnedKey {
  readonly keyId: string;
  /** JWK, OKP/Ed25519. */
  readonly publicKey: Readonly<Record<string, unknown>>;
}

/** The payload when one of the pinned keys signed these very bytes; undefined otherwise. Only Ed25519 keys count. */
export function verifiedPayload(message: Signed, pinned: readonly PinnedKey[]): string | undefined {
  const bytes = Buffer.from(message.payload, 'utf8');
  const signature = Buffer.from(message.signature, 'base64');
  for (const { keyId, publicKey } of pinned) {
    if (keyId !== message.keyId) continue;
    const key = ed25519(publicKey);
    if (key && verify(null, bytes, key, signature)) return message.payload;
  }
  return undefined;
}

function ed25519(jwk: Readonly<Record<string, unknown>>): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}
