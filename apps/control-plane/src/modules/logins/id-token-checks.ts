import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** Signatures that count; never a shared secret, never none. */
export const idTokenAlgorithms: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

const header = z.looseObject({ alg: z.string(), typ: z.string().optional() });

export function readHeader(token: string | undefined): z.infer<typeof header> | undefined {
  try {
    const text = Buffer.from(token?.split('.')[0] ?? '', 'base64url').toString('utf8');
    return header.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** OpenID Connect Core 1.0 §3.1.3.6: where the claim is there, it is the left half of the access token's hash. */
export function hasTokenHash(claim: unknown, algorithm: string, accessToken: string): boolean {
  if (claim === undefined) return true;
  if (typeof claim !== 'string') return false;
  const bits = /(256|384|512)$/.exec(algorithm)?.[1] ?? '512';
  const whole = createHash(algorithm === 'Ed25519' ? 'sha512' : `sha${bits}`)
    .update(accessToken, 'ascii')
    .digest();
  const [expected, given] = [whole.subarray(0, whole.length / 2), Buffer.from(claim, 'base64url')];
  return expected.length === given.length && timingSafeEqual(expected, given);
}
