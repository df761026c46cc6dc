import { ByteWriter, WireError } from '@sallyport/wire-kit';
import { digestOf, signaturesOf } from '../transport/algorithms.js';
import { putString } from '../transport/message-numbers.js';
import { parsePrivateKey, signatureToWire, type ParsedKey } from '../transport/ssh2-protocol.js';
import { certificateSuffix, readUserCertificate, type UserCertificate } from './user-certificate.js';
import { CredentialError } from './upstream-error.js';

/** What the method `publickey` shows and proves (RFC 4252 §7): a key, or a certificate that stands for it. */
export interface LoginKey {
  /** Names to put into the request, the preferred first. */
  readonly algorithms: readonly string[];
  /** The key or the certificate, as the request holds it. */
  readonly blob: Buffer;
  /** Undefined where a key is shown by itself. */
  readonly certificate: UserCertificate | undefined;
  /** The signature as the request holds it. It names the key's algorithm, also where a certificate was shown. */
  sign(algorithm: string, data: Buffer): Buffer;
}

export interface KeyCredential {
  readonly privateKey?: string | undefined;
  /** Shown instead of the private key's public half: an OpenSSH user certificate, as `ssh-keygen -s` writes it. */
  readonly certificate?: string | undefined;
}

/** Undefined where there is no key. Throws a CredentialError for what cannot be used now. @param now milliseconds since 1970 */
export function loginKeyOf({ privateKey, certificate: text }: KeyCredential, now: number): LoginKey | undefined {
  if (privateKey === undefined && text === undefined) return undefined;
  if (privateKey === undefined) throw new CredentialError('the certificate of the credential has no private key');
  const key = readPrivateKey(privateKey);
  const certificate = text === undefined ? undefined : usableCertificate(text, key, now);
  const suffix = certificate ? certificateSuffix : '';
  const signatures = signaturesOf[key.type] ?? [];
  if (signatures.length === 0) throw new CredentialError('the key of the credential is of no accepted type');
  return {
    algorithms: signatures.map((signature) => `${signature}${suffix}`),
    blob: certificate?.blob ?? key.getPublicSSH(),
    certificate,
    sign: (algorithm, data) => signatureOf(key, algorithm.slice(0, algorithm.length - suffix.length), data),
  };
}

function readPrivateKey(text: string): ParsedKey {
  try {
    return parsePrivateKey(text);
  } catch {
    // What is wrong with it might quote it.
    throw new CredentialError('the private key of the credential cannot be used');
  }
}

/** The target would refuse these too, but could not tell anybody why. */
function usableCertificate(text: string, key: ParsedKey, now: number): UserCertificate {
  const certificate = readCertificate(text);
  const seconds = BigInt(Math.floor(now / 1000));
  if (!certificate.publicKey.equals(key.getPublicSSH())) {
    throw new CredentialError('the certificate of the credential is for another key');
  }
  if (seconds < certificate.validAfter) throw new CredentialError('the certificate of the credential is not valid yet');
  if (seconds >= certificate.validBefore) throw new CredentialError('the certificate of the credential has expired');
  return certificate;
}

function readCertificate(text: string): UserCertificate {
  try {
    return readUserCertificate(text);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new CredentialError('the certificate of the credential is no user certificate that can be read');
  }
}

function signatureOf(key: ParsedKey, algorithm: string, data: Buffer): Buffer {
  const value = signatureToWire(key.sign(data, digestOf(algorithm)), key.type);
  return putString(putString(new ByteWriter(512), algorithm), value).finish();
}
