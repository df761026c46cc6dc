import type { AssertedIdentity, Expectations } from './assertion.js';
import { checkIssuer, readAssertion } from './assertion.js';
import { getVerifiedXml } from './node-saml.js';
import { locateParts, type ResponseParts } from './response-structure.js';
import { readResponseText } from './response-text.js';
import { requireThat } from './saml-refusal.js';
import { signingCertificates } from './signing-certificates.js';
import type { XmlElement } from './xml-node.js';
import { attribute, childAtMostOnce, onlyChild, parseXml } from './xml-tree.js';

export interface ResponseQuestion {
  /** The form field `SAMLResponse`. */
  readonly field: unknown;
  /** PEM, as configured for the identity provider. */
  readonly certificates: readonly string[];
  readonly expected: Expectations;
}

const success = 'urn:oasis:names:tc:SAML:2.0:status:Success';

/**
 * Who a SAML response proves. The assertion is read from the canonical bytes that the signature check hands back, never
 * from the document that arrived; of the response around it nothing is taken, its members can only refuse.
 * @throws SamlRefusal
 */
export async function verifyResponse({ field, certificates, expected }: ResponseQuestion): Promise<AssertedIdentity> {
  const text = readResponseText(field);
  const parts = locateParts(await parseXml(text));
  const pems = signingCertificates(certificates);
  if (parts.responseSigned) verifiedText(text, parts.response, pems);
  checkResponse(parts, expected);
  const assertion = await parseXml(verifiedText(text, parts.assertion, pems));
  requireThat(attribute(assertion, 'ID') === attribute(parts.assertion, 'ID'), 'a signature over another element');
  return readAssertion(assertion, expected);
}

function verifiedText(text: string, element: XmlElement, pems: readonly string[]): string {
  const verified = getVerifiedXml(text, element, pems);
  requireThat(typeof verified === 'string' && verified !== '', 'a signature that does not verify');
  return verified;
}

/** SAML core §3.2.2, bindings §3.5.5.2: the destination is where it arrived. */
function checkResponse({ response }: ResponseParts, expected: Expectations): void {
  requireThat(attribute(response, 'Version') === '2.0', 'not SAML 2.0');
  requireThat(attribute(response, 'Destination') === expected.recipient, 'another destination');
  requireThat(attribute(response, 'InResponseTo') === expected.inResponseTo, 'the answer to another request');
  const issuer = childAtMostOnce(response, 'assertion', 'Issuer');
  if (issuer) checkIssuer(issuer, expected);
  const status = onlyChild(onlyChild(response, 'protocol', 'Status'), 'protocol', 'StatusCode');
  requireThat(attribute(status, 'Value') === success, 'the identity provider reports no success');
}
