import { z } from 'zod';
import { base64Bytes, textOf } from './ssh-key.js';

/** Fields of a public key behind its name, by the type of the certificate for it. Security keys cannot sign here. */
const keyFields: ReadonlyMap<string, number> = new Map([
  ['ssh-ed25519-cert-v01@openssh.com', 1],
  ['ssh-rsa-cert-v01@openssh.com', 2],
  ['ecdsa-sha2-nistp256-cert-v01@openssh.com', 2],
  ['ecdsa-sha2-nistp384-cert-v01@openssh.com', 2],
  ['ecdsa-sha2-nistp521-cert-v01@openssh.com', 2],
]);
const types = { user: 1, host: 2 } as const;

const line = /^(\S+) ([A-Za-z0-9+/]+={0,2})(?: [^\p{Cc}]{0,1000})?$/u;

/** What `ssh-keygen -s` writes for a user's key. Public: it says who may log in, and is of no use without the private key. */
export const sshUserCertificate = z
  .string()
  .max(16_384)
  .trim()
  .superRefine((text, context) => {
    const type = certificateType(text);
    if (type === types.user) return;
    const message =
      type === types.host
        ? 'is a host certificate: must be a user certificate, as ssh-keygen -s writes it without -h'
        : 'must be an Ed25519, ECDSA or RSA user certificate: ssh-ed25519-cert-v01@openssh.com AAAA… comment';
    context.addIssue({ code: 'custom', message });
  });

/** Whom it is for, a user or a host. Undefined unless it is a certificate of a known type from its first byte to its last. */
function certificateType(text: string): number | undefined {
  const [, name = '', base64 = ''] = line.exec(text) ?? [];
  const count = keyFields.get(name);
  const bytes = base64Bytes(base64);
  if (count === undefined || !bytes) return undefined;
  try {
    return readType(new Fields(bytes), name, count);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** OpenSSH's PROTOCOL.certkeys. */
function readType(fields: Fields, name: string, keyFieldCount: number): number | undefined {
  if (textOf(fields.string()) !== name) return undefined;
  fields.string(); // nonce
  for (let left = keyFieldCount; left > 0; left -= 1) fields.string();
  fields.take(8); // serial number
  const type = fields.uint32();
  fields.string(); // key id
  fields.string(); // principals
  fields.take(16); // valid after, valid before
  for (const _ of ['critical options', 'extensions', 'reserved', 'authority', 'signature']) fields.string();
  return fields.left === 0 ? type : undefined;
}

/** Fields of the SSH wire (RFC 4251 §5). Throws a RangeError where they are longer than the bytes. */
class Fields {
  readonly #view: DataView;
  #at = 0;

  constructor(private readonly bytes: Uint8Array<ArrayBuffer>) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.#at;
  }

  take(count: number): Uint8Array {
    if (count > this.left) throw new RangeError('fields are longer than their bytes');
    this.#at += count;
    return this.bytes.subarray(this.#at - count, this.#at);
  }

  uint32(): number {
    this.take(4);
    return this.#view.getUint32(this.#at - 4);
  }

  string(): Uint8Array {
    return this.take(this.uint32());
  }
}
