import type { KeyObject } from 'node:crypto';
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { JWK, JWTPayload } from 'jose';
import { jwtVerify, SignJWT } from 'jose';

export interface Signature {
  /** Ed25519 (RFC 8032), base64. */
  readonly signature: string;
  readonly keyId: string;
}
export interface TokenTerms {
  /** Header `typ`: keeps one kind of token from passing for another (RFC 8725 §3.11). */
  readonly type: string;
  readonly audience: string;
}
export interface NewToken extends TokenTerms {
  readonly claims: JWTPayload & { readonly sub: string };
  readonly expiresInSeconds: number;
}

/** The installation's one Ed25519 key: signs policy snapshots, leases and every token this control plane issues. */
export class Signer {
  readonly keyId: string;
  private readonly publicKey: KeyObject;
  private readonly privateKey: KeyObject;
  private readonly jwk: JWK;

  /** @param pkcs8 DER of the private key. */
  constructor(
    pkcs8: Buffer,
    readonly issuer: string,
  ) {
    this.privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    this.publicKey = createPublicKey(this.privateKey);
    const { kty, crv, x } = this.publicKey.export({ format: 'jwk' }) as { kty: string; crv: string; x: string };
    // The JWK thumbprint (RFC 7638): members in this order, no white space.
    this.keyId = createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
    this.jwk = { kty, crv, x, kid: this.keyId, alg: 'EdDSA', use: 'sig' };
  }

  sign(bytes: Uint8Array): Signature {
    return { signature: sign(null, bytes, this.privateKey).toString('base64'), keyId: this.keyId };
  }

  /** Public halves, as a JWKS lists them. */
  publicJwks(): Record<string, unknown>[] {
    return [{ ...this.jwk }];
  }

  async issueToken(token: NewToken): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT(token.claims)
      .setProtectedHeader({ alg: 'EdDSA', typ: token.type, kid: this.keyId })
      .setIssuer(this.issuer)
      .setAudience(token.audience)
      .setIssuedAt(now)
      .setExpirationTime(now + token.expiresInSeconds)
      .sign(this.privateKey);
  }

  /** Claims of a token this control plane issued for these terms; undefined for anything else. */
  async verifyToken(token: string, terms: TokenTerms): Promise<JWTPayload | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.publicKey, {
        algorithms: ['EdDSA'],
        issuer: this.issuer,
        audience: terms.audience,
        typ: terms.type,
        requiredClaims: ['sub', 'exp', 'iat'],
      });
      return payload;
    } catch {
      return undefined;
    }
  }
}
