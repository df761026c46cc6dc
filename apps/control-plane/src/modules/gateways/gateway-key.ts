import { createHash, createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';

/** Public half of an Ed25519 key (RFC 8037), and nothing beside it: a private half must never arrive here. */
export const gatewayKey = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
});
export type GatewayKey = z.infer<typeof gatewayKey>;

/** JWK thumbprint (RFC 7638): members in this order, no white space. */
export function thumbprintOf(key: GatewayKey): string {
  const { crv, kty, x } = key;
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
}

/** True when the holder of the key signed this nonce: Ed25519 over its UTF-8 bytes, base64. */
export function provesKey(key: GatewayKey, nonce: string, proof: string): boolean {
  const signature = Buffer.from(proof, 'base64');
  if (signature.length !== 64 || signature.toString('base64') !== proof) return false;
  try {
    return verify(null, Buffer.from(nonce, 'utf8'), createPublicKey({ key: { ...key }, format: 'jwk' }), signature);
  } catch {
    return false;
  }
}
