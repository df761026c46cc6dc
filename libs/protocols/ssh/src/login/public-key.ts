import { createHash } from 'node:crypto';
import { ByteReader, ByteWriter } from '@sallyport/wire-kit';
import { readString } from '../connection/wire.js';
import { digestOf, keyTypeOf } from '../transport/algorithms.js';
import { putString } from '../transport/message-numbers.js';
import { parsePublicFields, signatureFromWire, type ParsedKey } from '../transport/ssh2-protocol.js';

/** A public key that a client has shown. */
export interface OfferedKey {
  /** The key's type, e.g. `ssh-ed25519`. */
  readonly algorithm: string;
  /** As in the second column of `authorized_keys`, decoded. */
  readonly blob: Buffer;
  /** `SHA256:` and base64 without padding, as ssh-keygen prints it. */
  readonly fingerprint: string;
}

const minRsaBits = 2048;

/** Undefined for keys and algorithms that are not accepted: SHA-1, DSA, short RSA, certificates, whatever is malformed. */
export function offeredKey(algorithm: string, blob: Buffer): OfferedKey | undefined {
  return publicKey(algorithm, blob) && { algorithm: keyTypeOf(algorithm)!, blob, fingerprint: fingerprintOf(blob) };
}

export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

export interface SignedRequest {
  readonly sessionId: Buffer;
  /** The request's own bytes up to the signature: user, service and key are signed too (RFC 4252 §7). */
  readonly request: Buffer;
  readonly algorithm: string;
  readonly blob: Buffer;
  readonly signature: Buffer;
}

/** Whether the owner of the key made this very request on this very connection. Never throws. */
export function signatureHolds({ sessionId, request, algorithm, blob, signature }: SignedRequest): boolean {
  try {
    const key = publicKey(algorithm, blob);
    const reader = new ByteReader(signature);
    if (!key || readString(reader).toString('latin1') !== algorithm) return false;
    const value = signatureFromWire(readString(reader), key.type);
    reader.done();
    const signed = putString(new ByteWriter(sessionId.length + request.length + 4), sessionId)
      .raw(request)
      .finish();
    return value !== undefined && key.verify(signed, value, digestOf(algorithm)) === true;
  } catch {
    return false;
  }
}

function publicKey(algorithm: string, blob: Buffer): ParsedKey | undefined {
  const type = keyTypeOf(algorithm);
  try {
    const reader = new ByteReader(blob);
    if (!type || readString(reader).toString('latin1') !== type) return undefined;
    if (type === 'ssh-rsa' && rsaBits(blob.subarray(reader.position)) < minRsaBits) return undefined;
    return parsePublicFields(blob.subarray(reader.position), type);
  } catch {
    return undefined;
  }
}

function rsaBits(fields: Buffer): number {
  const reader = new ByteReader(fields);
  readString(reader);
  const modulus = readString(reader);
  const first = modulus.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (modulus.length - first) * 8 - Math.clz32(modulus[first]!) + 24;
}
