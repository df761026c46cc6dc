import { createHmac } from 'node:crypto';
import type { ResponseFacts, SignedParts } from '../../testing/saml-identity-provider.js';
import { asField, SamlIdentityProvider, serviceProvider, usualFacts } from '../../testing/saml-identity-provider.js';
import { SamlRefusal } from './saml-refusal.js';
import { verifyResponse } from './verify-response.js';

let idp: SamlIdentityProvider;
beforeAll(async () => {
  idp = await SamlIdentityProvider.start();
});

const request = '_request-0123456789';
const usual = (): ResponseFacts => usualFacts(idp, request);
const verify = (field: unknown, certificates = [idp.keys.certificate]) =>
  verifyResponse({
    field,
    certificates,
    expected: { issuer: idp.entityId, ...serviceProvider, inResponseTo: request, now: new Date() },
  });

test.each<SignedParts>(['assertion', 'both'])('a response with %s signed proves its subject', async (parts) => {
  const facts = usual();
  expect(await verify(asField(await idp.respond(facts, { parts })))).toEqual({
    assertionId: facts.assertionId,
    subject: 'a1b2c3',
    sessionIndex: 's1',
    sessionEndsAt: undefined,
    expiresAt: new Date(facts.notOnOrAfter.getTime() + 60_000),
    attributes: new Map([
      ['groups', ['dba', 'dev']],
      ['mail', ['alice@example.com']],
    ]),
  });
});

/** The pieces of a signed response that attackers move about. */
function piecesOf(xml: string) {
  const [assertion] = /<saml:Assertion .*<\/saml:Assertion>/s.exec(xml)!;
  const [signature] = /<ds:Signature .*?<\/ds:Signature>/s.exec(assertion)!;
  const plain = assertion.replace(signature, '');
  const evil = plain.replaceAll(/ ID="[^"]*"/g, ' ID="_evil0123456789"').replace('>a1b2c3<', '>admin<');
  /** Puts something into an element, before its end tag. */
  const into = (element: string, end: string, inside: string): string => element.replace(end, `${inside}${end}`);
  return { assertion, signature, plain, evil, into };
}
type Attack = readonly [title: string, change: (xml: string) => string, parts?: SignedParts];

const named = (attacks: readonly Attack[]) => attacks.map((attack) => [attack[0], attack] as const);

async function expectRefused([, change, parts]: Attack): Promise<void> {
  const original = await idp.respond(usual(), parts === undefined ? {} : { parts });
  expect((await verify(asField(original))).subject).toBe('a1b2c3');
  const hostile = change(original);
  expect(hostile).not.toBe(original);
  await expect(verify(asField(hostile))).rejects.toThrow(SamlRefusal);
}

const evilResponse = (xml: string): string =>
  xml.replace(/(<samlp:Response [^>]*?ID=")[^"]*/, '$1_evil9876543210').replace('>a1b2c3<', '>admin<');
const responseSignature = (xml: string): string => /<ds:Signature .*?<\/ds:Signature>/s.exec(xml)![0];

const wrappings: Attack[] = [
  [
    '1: the signed Response inside the signature of another',
    (xml) => {
      const signature = responseSignature(xml);
      const inner = xml.replace(signature, '');
      return evilResponse(xml).replace(signature, signature.replace('</ds:Signature>', `${inner}</ds:Signature>`));
    },
    'both',
  ],
  [
    '2: the signed Response before the signature of another',
    (xml) => {
      const signature = responseSignature(xml);
      return evilResponse(xml).replace(signature, `${xml.replace(signature, '')}${signature}`);
    },
    'both',
  ],
  ['3: another assertion first', (xml) => xml.replace('<saml:Assertion ', `${piecesOf(xml).evil}<saml:Assertion `)],
  [
    '4: the signed assertion within another',
    (xml) => {
      const { assertion, evil, into } = piecesOf(xml);
      return xml.replace(assertion, into(evil, '</saml:Assertion>', assertion));
    },
  ],
  [
    '5: the signature in another assertion, the signed one after it',
    (xml) => {
      const { assertion, signature, plain, evil } = piecesOf(xml);
      return xml.replace(assertion, evil.replace('<saml:Subject>', `${signature}<saml:Subject>`) + plain);
    },
  ],
  [
    '6: the signed assertion within the signature of another',
    (xml) => {
      const { assertion, signature, plain, evil, into } = piecesOf(xml);
      const wrapped = into(signature, '</ds:Signature>', plain);
      return xml.replace(assertion, evil.replace('<saml:Subject>', `${wrapped}<saml:Subject>`));
    },
  ],
  [
    '7: another assertion in Extensions',
    (xml) => xml.replace('<samlp:Status>', `<samlp:Extensions>${piecesOf(xml).evil}</samlp:Extensions><samlp:Status>`),
  ],
  [
    '8: the signed assertion in an Object of the signature of another',
    (xml) => {
      const { assertion, signature, plain, evil, into } = piecesOf(xml);
      const wrapped = into(signature, '</ds:Signature>', `<ds:Object>${plain}</ds:Object>`);
      return xml.replace(assertion, evil.replace('<saml:Subject>', `${wrapped}<saml:Subject>`));
    },
  ],
  [
    '9: the signed assertion hidden in Extensions, another in its place',
    (xml) => {
      const { assertion, evil } = piecesOf(xml);
      return xml
        .replace(assertion, evil)
        .replace('<samlp:Status>', `<samlp:Extensions>${assertion}</samlp:Extensions><samlp:Status>`);
    },
  ],
  [
    '10: an assertion with the ID of the signed one',
    (xml) => {
      const { assertion, evil } = piecesOf(xml);
      const [id] = / ID="[^"]*"/.exec(assertion)!;
      return xml.replace(assertion, evil.replace(/ ID="[^"]*"/, id) + assertion);
    },
  ],
  [
    '11: an assertion of another namespace beside it',
    (xml) => xml.replace('<saml:Assertion ', '<x:Assertion xmlns:x="urn:x"/><saml:Assertion '),
  ],
  [
    '12: an element with the ID of the assertion in another spelling',
    (xml) => {
      const [, id] = / ID="([^"]*)"/.exec(piecesOf(xml).assertion)!;
      return xml.replace('<samlp:StatusCode ', `<samlp:StatusCode id="${id}" `);
    },
  ],
  ['13: the subject changed in place', (xml) => xml.replace('>a1b2c3<', '>admin<')],
  ['14: the signature taken away', (xml) => xml.replace(piecesOf(xml).signature, '')],
];
test.each(named(wrappings))('SA-01: wrapping %s', async (_, attack) => expectRefused(attack));

const badKeyInfo = '<ds:KeyInfo><ds:X509Data><ds:X509Certificate>';
const signatureAttacks: Attack[] = [
  [
    'two SignedInfo',
    (xml) => {
      const [signedInfo] = /<ds:SignedInfo>.*?<\/ds:SignedInfo>/s.exec(xml)!;
      return xml.replace(signedInfo, `${signedInfo.replace(/(<ds:DigestValue>)[^<]*/, '$1AAAA')}${signedInfo}`);
    },
  ],
  ['a comment in DigestValue', (xml) => xml.replace(/(<ds:DigestValue>)/, '$1<!--AAAA-->')],
  ['an element in DigestValue', (xml) => xml.replace(/(<ds:DigestValue>)/, '$1<x/>')],
  [
    'two DigestValues',
    (xml) => xml.replace('</ds:DigestValue>', '</ds:DigestValue><ds:DigestValue>AAAA</ds:DigestValue>'),
  ],
  ['two References', (xml) => xml.replace(/(<ds:Reference .*?<\/ds:Reference>)/s, '$1$1')],
  ['a comment in the NameID, which canonicalization drops', (xml) => xml.replace('>a1b2c3<', '>a1b<!---->2c3<')],
  ['a CDATA section in the NameID', (xml) => xml.replace('>a1b2c3<', '><![CDATA[a1b2c3]]><')],
  ['no transforms', (xml) => xml.replace(/<ds:Transforms>.*?<\/ds:Transforms>/s, '<ds:Transforms/>')],
  [
    'an XPath transform',
    (xml) =>
      xml.replace('</ds:Transforms>', `${transform('http://www.w3.org/TR/1999/REC-xpath-19991116')}</ds:Transforms>`),
  ],
  [
    'an XSLT transform',
    (xml) =>
      xml.replace('</ds:Transforms>', `${transform('http://www.w3.org/TR/1999/REC-xslt-19991116')}</ds:Transforms>`),
  ],
  ['canonicalization with comments', (xml) => xml.replaceAll('xml-exc-c14n#"', 'xml-exc-c14n#WithComments"')],
  ['another signature value', (xml) => xml.replace(/(<ds:SignatureValue>)..../, '$1AAAA')],
  ['an empty reference', (xml) => xml.replace(/<ds:Reference URI="[^"]*"/, '<ds:Reference URI=""')],
  ['a reference without its hash sign', (xml) => xml.replace('<ds:Reference URI="#', '<ds:Reference URI="')],
  [
    'HMAC with the certificate as the key',
    (xml) => {
      const hmac = xml.replace('2001/04/xmldsig-more#rsa-sha256', '2000/09/xmldsig#hmac-sha1');
      const [signedInfo] = /<ds:SignedInfo>.*?<\/ds:SignedInfo>/s.exec(hmac)!;
      const canonical = signedInfo.replace(
        '<ds:SignedInfo>',
        '<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">',
      );
      const value = createHmac('sha1', idp.keys.certificate).update(canonical).digest('base64');
      return hmac.replace(/(<ds:SignatureValue>)[^<]*/, `$1${value}`);
    },
  ],
  [
    'a KeyInfo of unexpected place',
    (xml) =>
      xml.replace(
        '<ds:SignedInfo>',
        `${badKeyInfo}AAAA</ds:X509Certificate></ds:X509Data></ds:KeyInfo><ds:SignedInfo>`,
      ),
  ],
  [
    'an encrypted assertion beside it',
    (xml) => xml.replace('</samlp:Response>', '<saml:EncryptedAssertion/></samlp:Response>'),
  ],
];
function transform(algorithm: string): string {
  return `<ds:Transform Algorithm="${algorithm}"/>`;
}
test.each(named(signatureAttacks))('SA-02: %s', async (_, attack) => expectRefused(attack));

test('SA-02: a certificate in KeyInfo is not believed', async () => {
  const attacker = await SamlIdentityProvider.start(idp.entityId);
  const forged = asField(await attacker.respond(usual()));
  expect((await verify(forged, [attacker.keys.certificate])).subject).toBe('a1b2c3');
  expect(Buffer.from(forged, 'base64').toString()).toContain('<ds:X509Certificate>');
  await expect(verify(forged)).rejects.toThrow('does not verify');
});

test('SA-02: of several configured certificates any verifies, as during a rotation', async () => {
  const next = await SamlIdentityProvider.start(idp.entityId);
  const both = [idp.keys.certificate, next.keys.certificate];
  for (const signer of [idp, next])
    expect((await verify(asField(await signer.respond(usual())), both)).subject).toBe('a1b2c3');
});

const sha1 = 'http://www.w3.org/2000/09/xmldsig#rsa-sha1';
const enveloped = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';
test.each([
  ['SHA-1', { algorithm: sha1 }],
  ['the signature kept', { transforms: [exclusive] }],
  ['inclusive canonicalization', { transforms: [enveloped, 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'] }],
  ['comments kept', { transforms: [enveloped, `${exclusive}WithComments`] }],
  ['only the response signed', { parts: 'response' as const }],
  ['nothing signed', { parts: 'neither' as const }],
])('SA-02: really signed, but with %s', async (_, options) => {
  expect((await verify(asField(await idp.respond(usual())))).subject).toBe('a1b2c3');
  await expect(verify(asField(await idp.respond(usual(), options)))).rejects.toThrow(SamlRefusal);
});

test('a certificate that cannot verify refuses everything', async () => {
  const field = asField(await idp.respond(usual()));
  await expect(verify(field, [idp.keys.certificate, 'no certificate'])).rejects.toThrow(SamlRefusal);
  await expect(verify(field, [])).rejects.toThrow(SamlRefusal);
});
