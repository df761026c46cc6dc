import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { makePrivateDirectory, readFileIfThere, writePrivateFile } from '../private-files.js';

const signingKey = z.object({ keyId: z.string(), publicKey: z.record(z.string(), z.unknown()) });
const stored = z.object({
  /** PKCS #8, PEM. Made here; never leaves this file. */
  privateKey: z.string(),
  /** Everything below comes with enrolment. */
  enrolment: z
    .object({
      name: z.string(),
      credential: z.string(),
      expiresAt: z.iso.datetime(),
      signingKeys: z.array(signingKey).min(1),
      /** The newest policy revision ever seen: an older one is refused, after a restart too. */
      highestRevision: z.int().min(0).default(0),
    })
    .optional(),
});
type Stored = z.infer<typeof stored>;
type StoredEnrolment = NonNullable<Stored['enrolment']>;
export type Enrolment = Omit<StoredEnrolment, 'highestRevision'>;

/**
 * This gateway's own key pair, and what the control plane gave it at enrolment: a credential, and the keys that policies are
 * signed with, pinned from then on. Kept in one file that only its owner can read.
 */
export class Identity {
  readonly #file: string;
  readonly #key: KeyObject;
  #stored: Stored;

  /** @throws when the state folder cannot be used or the file in it is not what this code wrote. */
  constructor(stateDir: string) {
    makePrivateDirectory(stateDir);
    this.#file = join(stateDir, 'identity.json');
    const text = readFileIfThere(this.#file);
    if (text === undefined) {
      const { privateKey } = generateKeyPairSync('ed25519');
      this.#stored = { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
      this.#save();
    } else {
      this.#stored = stored.parse(JSON.parse(text));
    }
    this.#key = createPrivateKey(this.#stored.privateKey);
  }

  get enrolment(): Enrolment | undefined {
    return this.#stored.enrolment;
  }

  get highestRevision(): number {
    return this.#stored.enrolment?.highestRevision ?? 0;
  }

  /** Public half, JWK. */
  publicJwk(): Record<string, unknown> {
    return { ...createPublicKey(this.#key).export({ format: 'jwk' }) };
  }

  /** Ed25519 over the nonce's UTF-8 bytes, base64. */
  prove(nonce: string): string {
    return sign(null, Buffer.from(nonce, 'utf8'), this.#key).toString('base64');
  }

  /** A new enrolment forgets what was seen under the one before: it may be with another control plane. */
  enrol(enrolment: Enrolment): void {
    this.#change({ ...enrolment, highestRevision: 0 });
  }

  renew(credential: string, expiresAt: string): void {
    this.#change({ ...this.#enrolled(), credential, expiresAt });
  }

  sawRevision(revision: number): void {
    const enrolled = this.#enrolled();
    if (revision > enrolled.highestRevision) this.#change({ ...enrolled, highestRevision: revision });
  }

  #enrolled(): StoredEnrolment {
    if (!this.#stored.enrolment) throw new Error('this gateway is not enrolled');
    return this.#stored.enrolment;
  }

  #change(enrolment: StoredEnrolment): void {
    this.#stored = { ...this.#stored, enrolment };
    this.#save();
  }

  #save(): void {
    writePrivateFile(this.#file, `${JSON.stringify(this.#stored, null, 2)}\n`);
  }
}
