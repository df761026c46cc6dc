import { randomUUID } from 'node:crypto';
import type { JWK, JWTPayload } from 'jose';
import { exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';

const algorithms = ['RS256', 'ES256'] as const;
export type DevAlgorithm = (typeof algorithms)[number];

export interface TokenOptions {
  readonly algorithm?: DevAlgorithm;
  /** Header `typ`; absent: none. */
  readonly type?: string;
  /** Where the claims have no `exp` of their own. */
  readonly expiresInSeconds?: number;
}

/** One key per algorithm at a time. */
export class SigningKeys {
  constructor(
    /** Private, the newest of each algorithm first. */
    readonly jwks: readonly JWK[],
  ) {}

  static async generate(older: readonly JWK[] = []): Promise<SigningKeys> {
    const made = algorithms.map(async (alg) => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true });
      return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: randomUUID() };
    });
    return new SigningKeys([...(await Promise.all(made)), ...older]);
  }

  async sign(claims: JWTPayload, { algorithm = 'RS256', type, expiresInSeconds = 300 }: TokenOptions): Promise<string> {
    const jwk = this.jwks.find(({ alg }) => alg === algorithm)!;
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ iat: now, exp: now + expiresInSeconds, jti: randomUUID(), ...claims })
      .setProtectedHeader({ alg: algorithm, kid: jwk.kid!, ...(type !== undefined && { typ: type }) })
      .sign(await importJWK(jwk, algorithm));
  }
}
