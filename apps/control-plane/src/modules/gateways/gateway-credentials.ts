import { Injectable } from '@nestjs/common';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { z } from 'zod';
import { Signer } from '../../platform/crypto/signer.js';

const terms = { type: 'gateway+jwt', audience: 'sallyport-gateway' };
const lifeSeconds = 3600;
/**
 * A gateway that was stopped longer than its credential lives still has its key: with proof of that, a lapsed credential
 * opens the connection, on which it is renewed at once. Revoking does not wait for any expiry. Seconds.
 */
const lapsedForSeconds = 30 * 24 * 3600;

const claims = z.object({ sub: z.string(), exp: z.number(), cnf: z.strictObject({ jkt: z.string() }) });

export interface GatewayCredential {
  readonly name: string;
  /** Thumbprint of the key that its holder must prove (RFC 7800). */
  readonly thumbprint: string;
  readonly expiresAt: Date;
}

/** What an enrolled gateway shows to prove its name: short-lived, and worth nothing without its key. */
@Injectable()
export class GatewayCredentials {
  constructor(private readonly signer: Signer) {}

  async issue(name: string, thumbprint: string): Promise<{ credential: string; expiresAt: string }> {
    const expiresAt = new Date(Date.now() + lifeSeconds * 1000).toISOString();
    const credential = await this.signer.issueToken({
      ...terms,
      claims: { sub: name, cnf: { jkt: thumbprint } },
      expiresInSeconds: lifeSeconds,
    });
    return { credential, expiresAt };
  }

  /** Undefined for anything that this installation did not issue to a gateway. */
  async verify(credential: string): Promise<GatewayCredential | undefined> {
    try {
      const keys = createLocalJWKSet({ keys: this.signer.publicJwks() } as unknown as JSONWebKeySet);
      const { payload } = await jwtVerify(credential, keys, {
        algorithms: ['EdDSA'],
        issuer: this.signer.issuer,
        audience: terms.audience,
        typ: terms.type,
        clockTolerance: lapsedForSeconds,
      });
      const { sub, exp, cnf } = claims.parse(payload);
      return { name: sub, thumbprint: cnf.jkt, expiresAt: new Date(exp * 1000) };
    } catch {
      return undefined;
    }
  }

  /** What a gateway pins at enrolment. */
  signingKeys(): { keyId: string; publicKey: Record<string, unknown> }[] {
    return this.signer.publicJwks().map((publicKey) => ({ keyId: String(publicKey['kid']), publicKey }));
  }
}
