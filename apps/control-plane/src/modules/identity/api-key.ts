import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Characters of 12 and 32 bytes, and of a CRC-32, in base 62. */
const lengths = { id: 17, secret: 43, checksum: 6 } as const;
const pattern = /^sp_([0-9A-Za-z]{17})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

export interface NewApiKey {
  /** Public: names the key in lists, sessions and the audit trail. */
  readonly id: string;
  /** The whole text, `sp_ID_SECRETCHECKSUM`; 256 random bits. Never stored. */
  readonly text: string;
  readonly hash: string;
}

export function generateApiKey(): NewApiKey {
  const id = base62(randomBytes(12), lengths.id);
  const body = `sp_${id}_${base62(randomBytes(32), lengths.secret)}`;
  const text = body + checksum(body);
  return { id, text, hash: hashApiKey(text) };
}

/** The id inside a key's text; undefined where prefix, shape or checksum say that it never was one. */
export function apiKeyId(text: string): string | undefined {
  const match = pattern.exec(text);
  const body = text.slice(0, -lengths.checksum);
  return match && checksum(body) === match[3] ? match[1] : undefined;
}

/** SHA-256 of the whole text, hex: enough at rest, since nobody guesses 256 bits. */
export function hashApiKey(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Constant in time. */
export function sameHash(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a, 'hex'), Buffer.from(b, 'hex')];
  return one.length === 32 && other.length === 32 && timingSafeEqual(one, other);
}

/** Lets a scanner tell a leaked key from a look-alike without asking. */
function checksum(body: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return base62(bytes, lengths.checksum);
}

function base62(bytes: Buffer, length: number): string {
  let rest = BigInt(`0x${bytes.toString('hex')}`);
  let text = '';
  for (; rest > 0n; rest /= 62n) text = alphabet[Number(rest % 62n)]! + text;
  return text.padStart(length, '0');
}
