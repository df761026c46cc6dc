import { z } from 'zod';

/** RFC 5656 §3.1 by the curve's name: bytes of an uncompressed point. */
const pointBytes: Readonly<Record<string, number>> = { nistp256: 65, nistp384: 97, nistp521: 133 };
/** Shorter ones are forged, longer ones cost too much to check. Bits. */
const rsaBits = { least: 2048, most: 16_384 };

const line = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) ([A-Za-z0-9+/]+={0,2})(?: [^\p{Cc}]{1,200})?$/u;

/** A public key as a line of `~/.ssh/id_ed25519.pub`; no options, no certificates, and nothing behind the key's own bytes. */
export const sshPublicKey = z.string().max(4096).refine(isSshPublicKey, {
  error: 'must be an Ed25519, ECDSA or RSA (2048 bits) public key: ssh-ed25519 AAAA… comment',
});

/** Those that prove somebody at the SSH listener. */
export const sshKeys = z.array(sshPublicKey).max(32);

/** The key itself, by which two lines are the same one: its type and bytes, without the comment. */
export function withoutComment(key: string): string {
  return key.split(' ', 2).join(' ');
}

function isSshPublicKey(text: string): boolean {
  const [, type, base64] = line.exec(text) ?? [];
  if (type === undefined || base64 === undefined) return false;
  const fields = fieldsOf(base64);
  return fields?.[0] !== undefined && textOf(fields[0]) === type && isKeyOf(type, fields.slice(1));
}

function isKeyOf(type: string, fields: readonly Uint8Array[]): boolean {
  const [first, second] = fields;
  // RFC 8709 §4.
  if (type === 'ssh-ed25519') return fields.length === 1 && first!.length === 32;
  if (fields.length !== 2 || !first || !second) return false;
  if (type === 'ssh-rsa') return isOdd(first) && isOdd(second) && hasRsaLength(second);
  const curve = textOf(first);
  return type === `ecdsa-sha2-${curve}` && second.length === pointBytes[curve] && second[0] === 4;
}

/** RFC 4251 §5: each string has its length in front. Undefined where they do not end with the bytes, or are not base64 proper. */
function fieldsOf(base64: string): Uint8Array[] | undefined {
  const bytes = base64Bytes(base64);
  if (!bytes) return undefined;
  const view = new DataView(bytes.buffer);
  const fields: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return undefined;
    const end = at + 4 + view.getUint32(at);
    if (end > bytes.length) return undefined;
    fields.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

/** Undefined unless it is base64 proper. One text for each key: padding that could be otherwise would let a key be registered twice. */
export function base64Bytes(base64: string): Uint8Array<ArrayBuffer> | undefined {
  if (base64.length % 4 !== 0) return undefined;
  const binary = atob(base64);
  return btoa(binary) === base64 ? Uint8Array.from(binary, (char) => char.charCodeAt(0)) : undefined;
}

/** A positive mpint of RFC 4251 §5 in its shortest form, as exponents and moduli are. */
function isOdd(number: Uint8Array): boolean {
  const [first = 0x80, second = 0] = number;
  return first < 0x80 && (first > 0 || second >= 0x80) && (number.at(-1)! & 1) === 1;
}

function hasRsaLength(modulus: Uint8Array): boolean {
  const padding = modulus[0] === 0 ? 1 : 0;
  const bits = (modulus.length - padding) * 8 - Math.clz32(modulus[padding]!) + 24;
  return bits >= rsaBits.least && bits <= rsaBits.most;
}

/** The first 64 bytes, as names are. */
export function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, 64));
}
