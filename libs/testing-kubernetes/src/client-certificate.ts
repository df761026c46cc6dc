// x509 needs the reflection polyfill in place before it is loaded.
import 'reflect-metadata';
import { ExtendedKeyUsage, ExtendedKeyUsageExtension, PemConverter, X509CertificateGenerator } from '@peculiar/x509';
import type { CertificateAuthority, IssuedCertificate } from '@sallyport/testing';

/** A certificate whose common name is the user and whose organisations are its groups. */
export async function issueClientCertificate(
  authority: CertificateAuthority,
  user: { readonly name: string; readonly groups: readonly string[] },
): Promise<IssuedCertificate> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.create({
    subject: [{ CN: [user.name] }, ...user.groups.map((group) => ({ O: [group] }))],
    issuer: authority.issuer.certificate.subjectName,
    publicKey: keys.publicKey,
    signingKey: authority.issuer.keys.privateKey,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 86_400_000),
    extensions: [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])],
  });
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certificate: certificate.toString('pem'), privateKey: PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}
