import { X509Certificate } from 'node:crypto';
import { requireThat } from './saml-refusal.js';

const minRsaBits = 2048;

/**
 * The configured certificates, as verification wants them. Their keys are pinned: no chain, no dates, as SAML metadata
 * means them (saml-metadata-iop §2.5), and nothing that the message itself brings in KeyInfo.
 * @throws SamlRefusal when one of them cannot verify anything.
 */
export function signingCertificates(pems: readonly string[]): string[] {
  requireThat(pems.length > 0, 'no signing certificate is configured');
  return pems.map((pem) => {
    const certificate = parse(pem);
    requireThat(certificate !== undefined, 'a configured certificate cannot be read');
    const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
    requireThat(
      asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= minRsaBits,
      'a configured certificate has no RSA key of 2048 bits or more',
    );
    return certificate.toString();
  });
}

function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
