import { requireThat } from './saml-refusal.js';
import type { XmlElement } from './xml-node.js';
import { attribute, children, isNamed, namespaces, onlyChild, textOf } from './xml-tree.js';

/**
 * Of the algorithms that verification offers: RSA with SHA-2. Never SHA-1, and never HMAC, whose "key" would be the public
 * certificate.
 */
const signatureAlgorithms: readonly string[] = [
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1',
];
const digestAlgorithms: readonly string[] = [
  'http://www.w3.org/2001/04/xmlenc#sha256',
  'http://www.w3.org/2001/04/xmlenc#sha512',
];
const enveloped = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';

/**
 * Holds a signature to the one form of SAML core §5.4: over the element that holds it, by its ID, nothing removed but the
 * signature itself. Without these rules a valid signature can be one over something else than what is read.
 * @throws SamlRefusal
 */
export function checkSignatureForm(signature: XmlElement, signed: XmlElement): void {
  const parts = children(signature).map(({ localName }) => localName);
  requireThat(
    ['SignedInfo,SignatureValue', 'SignedInfo,SignatureValue,KeyInfo'].includes(parts.join()),
    'a signature of unexpected parts',
  );
  requireThat(
    children(signature).every((part) => part.namespaceURI === namespaces.signature),
    'a signature of unexpected parts',
  );
  textOf(onlyChild(signature, 'signature', 'SignatureValue'));
  const signedInfo = onlyChild(signature, 'signature', 'SignedInfo');
  requireThat(children(signedInfo).length === 3, 'not one reference in SignedInfo');
  const canonicalization = onlyChild(signedInfo, 'signature', 'CanonicalizationMethod');
  requireThat(attribute(canonicalization, 'Algorithm') === namespaces.exclusive, 'a canonicalization not allowed');
  checkOnlyPrefixes(canonicalization);
  const method = onlyChild(signedInfo, 'signature', 'SignatureMethod');
  requireThat(
    signatureAlgorithms.includes(attribute(method, 'Algorithm') ?? '') && children(method).length === 0,
    'a signature algorithm not allowed',
  );
  checkReference(onlyChild(signedInfo, 'signature', 'Reference'), signed);
}

function checkReference(reference: XmlElement, signed: XmlElement): void {
  const id = attribute(signed, 'ID');
  requireThat(id !== undefined && attribute(reference, 'URI') === `#${id}`, 'a reference to another element');
  requireThat(children(reference).length === 3, 'a reference of unexpected parts');
  const transforms = children(onlyChild(reference, 'signature', 'Transforms'));
  const chain = transforms.map((transform) => attribute(transform, 'Algorithm'));
  requireThat(
    transforms.every((transform) => isNamed(transform, 'signature', 'Transform')) &&
      chain.length === 2 &&
      chain[0] === enveloped &&
      chain[1] === namespaces.exclusive,
    'transforms not allowed',
  );
  requireThat(children(transforms[0]!).length === 0, 'transforms not allowed');
  checkOnlyPrefixes(transforms[1]!);
  const digest = onlyChild(reference, 'signature', 'DigestMethod');
  requireThat(
    digestAlgorithms.includes(attribute(digest, 'Algorithm') ?? '') && children(digest).length === 0,
    'a digest algorithm not allowed',
  );
  textOf(onlyChild(reference, 'signature', 'DigestValue'));
}

/** Exclusive canonicalization may name prefixes (xml-exc-c14n §4); an XPath or a stylesheet may not hide there. */
function checkOnlyPrefixes(element: XmlElement): void {
  const inside = children(element);
  requireThat(
    inside.length === 0 || (inside.length === 1 && isNamed(inside[0]!, 'exclusive', 'InclusiveNamespaces')),
    'a transform with content',
  );
}
