import { requireThat } from './saml-refusal.js';
import { checkSignatureForm } from './signature-rules.js';
import type { XmlElement } from './xml-node.js';
import { childAtMostOnce, children, elementsWithin, isNamed, onlyChild } from './xml-tree.js';

/** The elements of a response, found where they have to be. None of them is believed yet. */
export interface ResponseParts {
  readonly response: XmlElement;
  readonly assertion: XmlElement;
  /** Whether the response as a whole is signed too. */
  readonly responseSigned: boolean;
}

/** We hold no key to decrypt with: what is encrypted cannot be judged, and is refused rather than passed over. */
const encrypted = ['EncryptedAssertion', 'EncryptedID', 'EncryptedAttribute', 'EncryptedData'];

/** StatusResponseType (saml-schema-protocol-2.0); Extensions mean nothing to us and have hidden assertions before. */
const memberOrder = /^(Issuer )?(Signature )?Status Assertion$/;

/**
 * Finds the one signed assertion. Names are counted in the whole document and in every namespace, since wrapping works by
 * a second assertion, response or signature in a place where the check looks and the reader does not, or the other way.
 * @throws SamlRefusal
 */
export function locateParts(root: XmlElement): ResponseParts {
  requireThat(isNamed(root, 'protocol', 'Response'), 'not a Response');
  const elements = elementsWithin(root);
  const countOf = (name: string): number => elements.filter(({ localName }) => localName === name).length;
  requireThat(!encrypted.some((name) => countOf(name) > 0), 'encrypted parts');
  requireThat(countOf('Response') === 1, 'more than one Response');
  requireThat(countOf('Assertion') === 1, 'not exactly one Assertion');
  requireThat(
    memberOrder.test(
      children(root)
        .map(({ localName }) => localName)
        .join(' '),
    ),
    'unexpected members',
  );
  requireUniqueIds(elements);
  const assertion = onlyChild(root, 'assertion', 'Assertion');
  const outer = childAtMostOnce(root, 'signature', 'Signature');
  const inner = childAtMostOnce(assertion, 'signature', 'Signature');
  requireThat(inner !== undefined, 'the Assertion is not signed');
  const signatures = outer ? 2 : 1;
  for (const name of ['Signature', 'SignedInfo', 'Reference', 'SignatureValue', 'DigestValue']) {
    requireThat(countOf(name) === signatures, `${name} in an unexpected place`);
  }
  checkSignatureForm(inner, assertion);
  if (outer) checkSignatureForm(outer, root);
  return { response: root, assertion, responseSigned: outer !== undefined };
}

/** Whatever spelling of "id" a reader might go by. */
function requireUniqueIds(elements: readonly XmlElement[]): void {
  const seen = new Set<string>();
  for (const element of elements) {
    for (const { localName, name, value } of Array.from(element.attributes)) {
      if ((localName ?? name).toLowerCase() !== 'id') continue;
      requireThat(!seen.has(value), 'an ID twice');
      seen.add(value);
    }
  }
}
