import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** A secret as it rests in the database: its own data key, wrapped by the master key, and the text under that data key. */
export interface SealedSecret {
  readonly wrappedKey: Buffer;
  readonly ciphertext: Buffer;
}
/** What a secret belongs to. Bound as additional data, so that no row can be put in another's place or rolled back unseen. */
export interface SecretLabel {
  readonly kind: string;
  readonly name: string;
  readonly version: number;
}

/** What was sealed does not open: another key, another label, or changed bytes. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

const nonceBytes = 12;
const tagBytes = 16;

/** Envelope encryption, AES-256-GCM twice. Layout of both parts: nonce, ciphertext, tag. */
export class EnvelopeCipher {
  private readonly digestKey: Buffer;

  constructor(private readonly masterKey: Buffer) {
    if (masterKey.length !== 32) throw new RangeError('the master key has 32 bytes');
    this.digestKey = Buffer.from(hkdfSync('sha256', masterKey, '', 'sallyport digest', 32));
  }

  /** Keyed digest, hex: tells equal texts from different ones without letting who reads the database guess at them. */
  digest(...parts: readonly string[]): string {
    return createHmac('sha256', this.digestKey).update(JSON.stringify(parts)).digest('hex');
  }

  seal(plain: Uint8Array, label: SecretLabel): SealedSecret {
    const dataKey = randomBytes(32);
    const aad = additionalData(label);
    const sealed = { wrappedKey: encrypt(this.masterKey, dataKey, aad), ciphertext: encrypt(dataKey, plain, aad) };
    dataKey.fill(0);
    return sealed;
  }

  /** @throws SealBroken when the key, the label or a byte is not the one it was sealed with. */
  open(sealed: SealedSecret, label: SecretLabel): Buffer {
    const aad = additionalData(label);
    const dataKey = decrypt(this.masterKey, sealed.wrappedKey, aad);
    const plain = decrypt(dataKey, sealed.ciphertext, aad);
    dataKey.fill(0);
    return plain;
  }
}

function additionalData(label: SecretLabel): Buffer {
  // JSON keeps the parts apart: ("a","bc") and ("ab","c") differ.
  return Buffer.from(JSON.stringify([label.kind, label.name, label.version]), 'utf8');
}

function encrypt(key: Uint8Array, plain: Uint8Array, aad: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(aad);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Uint8Array, sealed: Buffer, aad: Buffer): Buffer {
  if (sealed.length < nonceBytes + tagBytes) throw new SealBroken('sealed bytes are cut short');
  const nonce = sealed.subarray(0, nonceBytes);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
    .setAAD(aad)
    .setAuthTag(sealed.subarray(sealed.length - tagBytes));
  const plain = decipher.update(sealed.subarray(nonceBytes, sealed.length - tagBytes));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch (error) {
    throw new SealBroken('a secret does not open', { cause: error });
  }
}
