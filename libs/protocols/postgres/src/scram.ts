import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);
/** A target may ask for more work than the default of 4096, but not for minutes of it. */
const maxIterations = 1_000_000;

/**
 * The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding. The target proves that it knows the
 * password too: `verify` must be called with its last message.
 */
export class ScramClient {
  readonly #nonce = randomBytes(18).toString('base64');
  readonly #bare = `n=,r=${this.#nonce}`; // the server takes the user from the StartupMessage
  #serverSignature: Buffer | undefined;

  constructor(private readonly password: string) {}

  first(): string {
    return `n,,${this.#bare}`;
  }

  /** @param serverFirst `r=…,s=…,i=…`. Throws when it is not a sound challenge. */
  async final(serverFirst: string): Promise<string> {
    const match = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/=]+),i=([1-9][0-9]*)(?:,.*)?$/.exec(serverFirst);
    const [, nonce, salt, rounds] = match ?? [];
    const iterations = Number(rounds);
    if (!nonce || !salt || !nonce.startsWith(this.#nonce) || nonce === this.#nonce || iterations > maxIterations) {
      throw new Error('the target sent an unsound SCRAM challenge');
    }
    // PostgreSQL applies SASLprep and falls back to the bytes as they are; NFKC is the part of it that changes letters.
    const salted = await derive(this.password.normalize('NFKC'), Buffer.from(salt, 'base64'), iterations, 32, 'sha256');
    const withoutProof = `c=biws,r=${nonce}`;
    const signed = `${this.#bare},${serverFirst},${withoutProof}`;
    const clientKey = hmac(salted, 'Client Key');
    const proof = xor(clientKey, hmac(createHash('sha256').update(clientKey).digest(), signed));
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), signed);
    return `${withoutProof},p=${proof.toString('base64')}`;
  }

  /** True when the target's last message, `v=…`, shows that it holds the password's verifier. */
  verify(serverFinal: string): boolean {
    const match = /^v=([A-Za-z0-9+/=]+)/.exec(serverFinal);
    const given = Buffer.from(match?.[1] ?? '', 'base64');
    const expected = this.#serverSignature;
    return expected !== undefined && given.length === expected.length && timingSafeEqual(given, expected);
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, at) => byte ^ b[at]!));
}
