import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import * as x509 from '@peculiar/x509';
import { writePrivateFile } from './private-file.js';

type CryptoKey = webcrypto.CryptoKey;
type CryptoKeyPair = webcrypto.CryptoKeyPair;

/** Paths of PEM files. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

export interface LocalCertificates {
  readonly ca: string;
  readonly api: CertificateFiles;
  readonly gateway: CertificateFiles;
}

const day = 24 * 3600 * 1000;
const authorityDays = 3650;
const serverDays = 825;
/** Renewed at start when less is left: more than anybody leaves `up` running. */
const renewDays = 180;
const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

x509.cryptoProvider.set(webcrypto);

/**
 * The authority of this machine's Sallyport and the server certificates it signs, made on first use and renewed when
 * near their end. A new authority signs new server certificates.
 */
export async function localCertificates(data: string, now = new Date()): Promise<LocalCertificates> {
  const authority = await loadOrMakeAuthority(data, now);
  const api = await serverCertificate({ data, name: 'api', authority, now });
  const gateway = await serverCertificate({ data, name: 'gateway', authority, now });
  return { ca: path.join(data, 'ca.pem'), api, gateway };
}

interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly key: CryptoKey;
}

async function loadOrMakeAuthority(data: string, now: Date): Promise<Authority> {
  const files = { certificate: path.join(data, 'ca.pem'), key: path.join(data, 'ca.key') };
  const certificate = usableCertificate(files, now);
  if (certificate) return { certificate, key: await readKey(files.key) };
  const keys = await newKeys();
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=Sallyport local authority',
    notBefore: new Date(now.getTime() - day),
    notAfter: new Date(now.getTime() + authorityDays * day),
    signingAlgorithm: keyAlgorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  await writePair(files, made, keys.privateKey);
  return { certificate: made, key: keys.privateKey };
}

interface ServerCertificateRequest {
  readonly data: string;
  readonly name: string;
  readonly authority: Authority;
  readonly now: Date;
}

async function serverCertificate({ data, name, authority, now }: ServerCertificateRequest): Promise<CertificateFiles> {
  const files = { certificate: path.join(data, `${name}.pem`), key: path.join(data, `${name}.key`) };
  const present = usableCertificate(files, now);
  if (present && (await present.verify({ publicKey: authority.certificate, signatureOnly: true }))) return files;
  const keys = await newKeys();
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=Sallyport ${name}`,
    issuer: authority.certificate.subject,
    notBefore: new Date(now.getTime() - day),
    notAfter: new Date(now.getTime() + serverDays * day),
    signingAlgorithm: keyAlgorithm,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  await writePair(files, made, keys.privateKey);
  return files;
}

/** The certificate in the file, unless it is missing, damaged, without its key or near its end. */
function usableCertificate(files: CertificateFiles, now: Date): x509.X509Certificate | undefined {
  try {
    const certificate = new x509.X509Certificate(fs.readFileSync(files.certificate, 'utf8'));
    const left = certificate.notAfter.getTime() - now.getTime();
    return left > renewDays * day && fs.existsSync(files.key) ? certificate : undefined;
  } catch {
    return undefined;
  }
}

function newKeys(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
}

async function readKey(file: string): Promise<CryptoKey> {
  const der = x509.PemConverter.decodeFirst(fs.readFileSync(file, 'utf8'));
  return webcrypto.subtle.importKey('pkcs8', der, keyAlgorithm, false, ['sign']);
}

/** The key first: a certificate in place says that its key is, too. */
async function writePair(files: CertificateFiles, certificate: x509.X509Certificate, key: CryptoKey): Promise<void> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  fs.rmSync(files.certificate, { force: true });
  writePrivateFile(files.key, `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`);
  writePrivateFile(files.certificate, `${certificate.toString('pem')}\n`, 0o644);
}

/** 127 random bits, positive: RFC 5280 section 4.1.2.2. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString('hex');
}
