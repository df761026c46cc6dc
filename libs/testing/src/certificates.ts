// x509 needs the reflection polyfill in place before it is loaded.
import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from '@peculiar/x509';
import type { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

export type KeyAlgorithm = 'ecdsa-p256' | 'ed25519';

export interface CertificateAuthority {
  /** PEM. */
  readonly certificate: string;
  readonly issuer: { readonly certificate: X509Certificate; readonly keys: webcrypto.CryptoKeyPair };
}
export interface IssuedCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly privateKey: string;
}

const algorithms = {
  'ecdsa-p256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  ed25519: { name: 'Ed25519' },
  'rsa-2048': {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
} as const;
const hourMs = 3_600_000;

/** A throw-away authority, valid for a day. */
export async function makeAuthority(
  name = 'Test Authority',
  algorithm: KeyAlgorithm = 'ecdsa-p256',
): Promise<CertificateAuthority> {
  const keys = await makeKeys(algorithm);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [name] }],
    keys,
    signingAlgorithm: algorithms[algorithm],
    ...validity({}),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return { certificate: certificate.toString('pem'), issuer: { certificate, keys } };
}

export interface ServerCertificateOptions {
  /** RSA for what signs documents; authorities do without it. */
  readonly algorithm?: KeyAlgorithm | 'rsa-2048';
  /** An hour ago and in a day unless told: certificates that are not valid yet, or no longer, are tests too. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** @param names host names and IP addresses, all of them subject alternative names */
export async function issueServerCertificate(
  authority: CertificateAuthority,
  names: readonly string[],
  options: ServerCertificateOptions = {},
): Promise<IssuedCertificate> {
  const keys = await makeKeys(options.algorithm ?? 'ecdsa-p256');
  const certificate = await X509CertificateGenerator.create({
    subject: [{ CN: [names[0] ?? 'localhost'] }],
    issuer: authority.issuer.certificate.subjectName,
    publicKey: keys.publicKey,
    signingKey: authority.issuer.keys.privateKey,
    signingAlgorithm:
      algorithms[authority.issuer.keys.privateKey.algorithm.name === 'Ed25519' ? 'ed25519' : 'ecdsa-p256'],
    ...validity(options),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
    ],
  });
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certificate: certificate.toString('pem'), privateKey: PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}

async function makeKeys(algorithm: keyof typeof algorithms): Promise<webcrypto.CryptoKeyPair> {
  return (await crypto.subtle.generateKey(algorithms[algorithm], true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}

function validity(options: ServerCertificateOptions): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: options.notBefore ?? new Date(Date.now() - hourMs),
    notAfter: options.notAfter ?? new Date(Date.now() + 24 * hourMs),
  };
}
