import { ByteReader, ByteWriter, WireError } from '@sallyport/wire-kit';
import { readString, readText } from '../connection/wire.js';
import { signaturesOf } from '../transport/algorithms.js';
import { putString } from '../transport/message-numbers.js';

/** What an authority that the target trusts says of a key: OpenSSH's PROTOCOL.certkeys, version 01. */
export interface UserCertificate {
  /** All of it, as it goes to the target. */
  readonly blob: Buffer;
  /** Of the key that it is for, e.g. `ssh-ed25519`. */
  readonly keyType: string;
  /** The key that it is for, as in the second column of `authorized_keys`, decoded. */
  readonly publicKey: Buffer;
  /** Accounts, or what the target maps to accounts. */
  readonly principals: readonly string[];
  /** Seconds since 1970: the first at which it holds, and the first at which it does no longer. */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
}

/** Behind the name of a key, and of a signature algorithm, where a certificate stands for the key. */
export const certificateSuffix = '-cert-v01@openssh.com';

const userType = 1;
const line = /^(\S+) ([A-Za-z0-9+/]+={0,2})(?: .*)?$/;
/** Fields of a public key behind its name. Those that are not listed cannot sign here. */
const keyFields = (type: string): number => (type === 'ssh-ed25519' ? 1 : 2);

/**
 * Reads what `ssh-keygen -s` wrote. Who signed it, and what its options ask for, is the target's to check.
 * Throws a WireError unless it is a user certificate to its last byte.
 */
export function readUserCertificate(text: string): UserCertificate {
  const [, type, base64 = ''] = line.exec(text.trim()) ?? [];
  const keyType = type?.endsWith(certificateSuffix) ? type.slice(0, -certificateSuffix.length) : '';
  const blob = Buffer.from(base64, 'base64');
  if (!Object.hasOwn(signaturesOf, keyType) || blob.toString('base64') !== base64) {
    throw new WireError('not a certificate of a known type');
  }
  const reader = new ByteReader(blob);
  if (readText(reader) !== type) throw new WireError('a certificate under the name of another type');
  readString(reader); // nonce
  const publicKey = readKey(reader, keyType);
  reader.slice(8); // serial number
  if (reader.uint32() !== userType) throw new WireError('not the certificate of a user');
  readString(reader); // key id
  const principals = readList(readString(reader));
  const validAfter = readUint64(reader);
  const validBefore = readUint64(reader);
  readString(reader); // critical options
  readString(reader); // extensions
  readString(reader); // reserved
  readString(reader); // the authority's key
  readString(reader); // its signature
  reader.done();
  return { blob, keyType, publicKey, principals, validAfter, validBefore };
}

/** The fields of a certified key are those of the key itself (RFC 4253 §6.6) without its name. */
function readKey(reader: ByteReader, type: string): Buffer {
  const start = reader.position;
  for (let count = keyFields(type); count > 0; count -= 1) readString(reader);
  const fields = reader.bytes.subarray(start, reader.position);
  return putString(new ByteWriter(fields.length + 64), type)
    .raw(fields)
    .finish();
}

function readList(bytes: Buffer): string[] {
  const reader = new ByteReader(bytes);
  const texts: string[] = [];
  while (reader.remaining > 0) texts.push(readText(reader));
  return texts;
}

function readUint64(reader: ByteReader): bigint {
  return reader.slice(8).readBigUInt64BE();
}
