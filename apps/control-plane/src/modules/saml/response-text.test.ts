import { asField, SamlIdentityProvider, serviceProvider, usualFacts } from '../../testing/saml-identity-provider.js';
import { maxResponseBytes, readResponseText } from './response-text.js';
import { SamlRefusal } from './saml-refusal.js';
import { verifyResponse } from './verify-response.js';

const request = '_request-0123456789';
let idp: SamlIdentityProvider;
let original: string;
beforeAll(async () => {
  idp = await SamlIdentityProvider.start();
  original = await idp.respond(usualFacts(idp, request));
});

const verify = (field: unknown) =>
  verifyResponse({
    field,
    certificates: [idp.keys.certificate],
    expected: { issuer: idp.entityId, ...serviceProvider, inResponseTo: request, now: new Date() },
  });
const expectAccepted = async (field: unknown) => expect((await verify(field)).subject).toBe('a1b2c3');

test.each([
  ['as it is', (xml: string) => xml],
  ['with an XML declaration', (xml: string) => `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`],
  [
    'with a declaration of the encoding in small letters',
    (xml: string) => `<?xml version='1.0' encoding='utf-8'?>${xml}`,
  ],
  ['with a byte order mark', (xml: string) => `\ufeff${xml}`],
  ['with blanks after it', (xml: string) => `${xml}\n\n`],
])('a response %s is read', async (_, change) => expectAccepted(asField(change(original))));

test('a response is read whatever lines its base64 was broken into', async () => {
  await expectAccepted(asField(original).replaceAll(/(.{76})/g, '$1\r\n'));
});

const doctype = (inside: string) => (xml: string) => `<!DOCTYPE r [${inside}]>${xml}`;
const lol = Array.from({ length: 10 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('');
test.each([
  ['a document type', (xml: string) => `<!DOCTYPE r>${xml}`],
  ['an external entity', doctype('<!ENTITY x SYSTEM "file:///etc/passwd">')],
  ['a parameter entity', doctype('<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd">%x;')],
  ['a billion laughs', doctype(`<!ENTITY l0 "ha">${lol}`)],
  ['an attribute default that adds an ID', doctype('<!ATTLIST x ID CDATA "_1">')],
  ['an entity that nobody declared', (xml: string) => xml.replace('>a1b2c3<', '>&x;<')],
  ['a bare ampersand', (xml: string) => xml.replace('>a1b2c3<', '>a & b<')],
  ['a comment before it', (xml: string) => `<!-- -->${xml}`],
  ['a processing instruction', (xml: string) => `<?xml-stylesheet href="x"?>${xml}`],
  ['a second XML declaration', (xml: string) => `<?xml version="1.0"?><?xml version="1.0"?>${xml}`],
  [
    'an inclusion',
    (xml: string) =>
      xml.replace(
        '<samlp:Status>',
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/><samlp:Status>',
      ),
  ],
  ['a declaration of UTF-16', (xml: string) => `<?xml version="1.0" encoding="UTF-16"?>${xml}`],
  ['a declaration of UTF-7', (xml: string) => `<?xml version="1.0" encoding="UTF-7"?>${xml}`],
  ['UTF-7', (xml: string) => xml.replaceAll('<', '+ADw-').replaceAll('>', '+AD4-')],
  ['a zero byte', (xml: string) => xml.replace('>a1b2c3<', '>a1b2c3\0<')],
  ['a prefix that is bound to nothing', (xml: string) => xml.replace('<samlp:Status>', '<q:x/><samlp:Status>')],
  [
    'the assertion in another namespace',
    (xml: string) =>
      xml.replace(
        '<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"',
        '<saml:Assertion xmlns:saml="urn:x"',
      ),
  ],
  [
    'the response in another namespace',
    (xml: string) => xml.replace('xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"', 'xmlns:samlp="urn:x"'),
  ],
  ['a second root', (xml: string) => `${xml}<x/>`],
  ['text after the root', (xml: string) => `${xml}x`],
  ['text after the root that looks like an end', (xml: string) => `${xml}x/>`],
  ['text before the root', (xml: string) => `x${xml}`],
  ['an end tag missing', (xml: string) => xml.replace('</samlp:Response>', '')],
  ['an attribute without quotes', (xml: string) => xml.replace(' Version="2.0"', ' Version=2.0')],
  ['an attribute twice', (xml: string) => xml.replace(' Version="2.0"', ' Version="2.0" Version="2.0"')],
  [
    'elements nested without end',
    (xml: string) => xml.replace('<samlp:Status>', `${'<a>'.repeat(60)}${'</a>'.repeat(60)}<samlp:Status>`),
  ],
  ['very many elements', (xml: string) => xml.replace('<samlp:Status>', `${'<a/>'.repeat(10_000)}<samlp:Status>`)],
  [
    'very many attributes',
    (xml: string) =>
      xml.replace(
        '<samlp:Status>',
        `<a ${Array.from({ length: 10_000 }, (_, n) => `a${n}=""`).join(' ')}/><samlp:Status>`,
      ),
  ],
])('SA-05: %s is refused', async (_, change) => {
  await expectAccepted(asField(original));
  const hostile = change(original);
  expect(hostile).not.toBe(original);
  await expect(verify(asField(hostile))).rejects.toThrow(SamlRefusal);
});

test.each([
  ['UTF-16', (xml: string) => Buffer.from(xml, 'utf16le')],
  ['UTF-16 with its mark', (xml: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(xml, 'utf16le')])],
  ['Latin-1', (xml: string) => Buffer.from(xml.replace('>a1b2c3<', '>é<'), 'latin1')],
  ['an overlong form', (xml: string) => Buffer.concat([Buffer.from([0xc0, 0xbc]), Buffer.from(xml)])],
])('SA-05: bytes of %s are refused', async (_, bytes) => {
  await expectAccepted(asField(original));
  await expect(verify(bytes(original).toString('base64'))).rejects.toThrow(SamlRefusal);
});

test('SA-05: a response is limited in size before it is parsed', async () => {
  const padded = (to: number) => asField(original.padEnd(to, ' '));
  await expectAccepted(padded(maxResponseBytes));
  expect(() => readResponseText(padded(maxResponseBytes + 1))).toThrow('too large');
  expect(() => readResponseText('A'.repeat(50_000_000))).toThrow('too large');
});

test.each([undefined, '', 'not base64!', ['a'], { a: 1 }, 'PHg+=PHg+'])(
  'SA-05: the field %j is refused',
  async (field) => {
    await expect(verify(field)).rejects.toThrow(SamlRefusal);
  },
);
