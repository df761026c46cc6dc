import { ByteReader } from '@sallyport/wire-kit';
import { readString } from '../connection/wire.js';
import { signaturesOf } from '../transport/algorithms.js';

/** The keys by which a target is known. */
export interface PinnedKeys {
  /** Key types to ask the target for: no other is ever taken. */
  readonly types: readonly string[];
  /** Whether this is one of the keys, byte for byte. */
  matches(blob: Buffer): boolean;
}

/** @param lines `ssh-ed25519 AAAA…`, as in a public key file. Throws a TypeError when one cannot be read or there is none. */
export function pinnedKeys(lines: readonly string[]): PinnedKeys {
  const blobs = lines.map(blobOf);
  if (blobs.length === 0) throw new TypeError('no host key is configured for the target');
  return {
    types: [...new Set(blobs.map(({ type }) => type))],
    matches: (blob) => blobs.some((pinned) => pinned.blob.equals(blob)),
  };
}

function blobOf(line: string): { readonly type: string; readonly blob: Buffer } {
  const [type, base64] = line.trim().split(/\s+/);
  if (type === undefined || base64 === undefined || !(type in signaturesOf)) {
    throw new TypeError('a host key of the target is of no accepted type');
  }
  const blob = Buffer.from(base64, 'base64');
  const named = blob.length > 4 ? readString(new ByteReader(blob)).toString('latin1') : undefined;
  if (named !== type) throw new TypeError('a host key of the target is malformed');
  return { type, blob };
}
