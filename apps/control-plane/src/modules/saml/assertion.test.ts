import type { ResponseFacts } from '../../testing/saml-identity-provider.js';
import {
  asField,
  responseXml,
  SamlIdentityProvider,
  serviceProvider,
  usualFacts,
} from '../../testing/saml-identity-provider.js';
import { SamlRefusal } from './saml-refusal.js';
import { verifyResponse } from './verify-response.js';

const request = '_request-0123456789';
let idp: SamlIdentityProvider;
beforeAll(async () => {
  idp = await SamlIdentityProvider.start();
});
const seconds = (count: number): Date => new Date(Date.now() + count * 1000);

interface Case {
  readonly facts?: Partial<ResponseFacts>;
  readonly unsigned?: (xml: string) => string;
  /** The request that is open; none where null. */
  readonly open?: string | null;
}
async function verify({ facts = {}, unsigned, open = request }: Case) {
  const xml = await idp.respond({ ...usualFacts(idp, request), ...facts }, unsigned ? { unsigned } : {});
  const inResponseTo = open ?? undefined;
  return verifyResponse({
    field: asField(xml),
    certificates: [idp.keys.certificate],
    expected: { issuer: idp.entityId, ...serviceProvider, inResponseTo, now: new Date() },
  });
}
const cut =
  (pattern: RegExp, by = '') =>
  (xml: string) => {
    const changed = xml.replace(pattern, by);
    if (changed === xml) throw new Error('the case changes nothing');
    return changed;
  };
const second = '<saml:AudienceRestriction><saml:Audience>https://other.test</saml:Audience></saml:AudienceRestriction>';

test.each<[string, Case]>([
  ['another audience', { facts: { audience: 'https://other.test' } }],
  ['no audience', { unsigned: cut(/<saml:AudienceRestriction>.*?<\/saml:AudienceRestriction>/) }],
  [
    'a further restriction to another audience',
    { unsigned: cut(/<\/saml:Conditions>/, `${second}</saml:Conditions>`) },
  ],
  ['no conditions', { unsigned: cut(/<saml:Conditions .*?<\/saml:Conditions>/) }],
  ['a condition that nobody knows', { unsigned: cut(/<\/saml:Conditions>/, '<saml:Condition/></saml:Conditions>') }],
  ['another recipient', { facts: { recipient: 'https://sallyport.test/auth/saml/other/acs' } }],
  ['a recipient that only begins alike', { facts: { recipient: `${serviceProvider.recipient}/` } }],
  ['no recipient', { unsigned: cut(/ Recipient="[^"]*"/) }],
  ['another destination', { facts: { destination: 'https://sallyport.test/auth/saml/other/acs' } }],
  ['no destination', { unsigned: cut(/ Destination="[^"]*"/) }],
  ['the answer to another request', { facts: { inResponseTo: '_another-0123456789' } }],
  ['the answer to none while one is open', { facts: { inResponseTo: undefined } }],
  ['an answer while none is open', { open: null }],
  [
    'a confirmation of another request than the response',
    { unsigned: cut(/(<saml:SubjectConfirmationData .*? InResponseTo=")[^"]*/, '$1_another-0123456789') },
  ],
  ['no end of the confirmation', { unsigned: cut(/(<saml:SubjectConfirmationData) NotOnOrAfter="[^"]*"/, '$1') }],
  ['no confirmation', { unsigned: cut(/<saml:SubjectConfirmation .*?<\/saml:SubjectConfirmation>/) }],
  ['another way of confirmation', { unsigned: cut(/cm:bearer/, 'cm:sender-vouches') }],
  ['not valid for two minutes', { facts: { notBefore: seconds(120) } }],
  ['no longer valid for two minutes', { facts: { notOnOrAfter: seconds(-120) } }],
  ['a session that ended', { facts: { sessionNotOnOrAfter: seconds(-5) } }],
  ['a time that is none', { unsigned: cut(/(<saml:Conditions NotBefore=")[^"]*/, '$1yesterday') }],
  ['a time of another zone', { unsigned: cut(/(<saml:Conditions NotBefore="[^"]*?)Z"/, '$1+14:00"') }],
  ['issued in the future', { unsigned: cut(/(<saml:Assertion .*? IssueInstant=")[^"]*/, '$12999-01-01T00:00:00Z') }],
  ['another issuer', { facts: { issuer: 'https://other.test/metadata' } }],
  [
    'another issuer of the response alone',
    { unsigned: cut(/<saml:Issuer>[^<]*/, '<saml:Issuer>https://other.test/metadata') },
  ],
  [
    'an issuer of another format',
    {
      unsigned: cut(
        /(<saml:Assertion .*?)<saml:Issuer>/,
        '$1<saml:Issuer Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">',
      ),
    },
  ],
  ['a transient name', { facts: { nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' } }],
  [
    'an e-mail address as the name',
    { facts: { nameIdFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress' } },
  ],
  ['a name without format', { unsigned: cut(/<saml:NameID Format="[^"]*"/, '<saml:NameID') }],
  [
    'a name that another authority qualifies',
    { unsigned: cut(/<saml:NameID /, '<saml:NameID NameQualifier="https://other.test" ') },
  ],
  [
    'a name for another service',
    { unsigned: cut(/<saml:NameID /, '<saml:NameID SPNameQualifier="https://other.test" ') },
  ],
  ['an empty name', { facts: { nameId: '' } }],
  ['a name with a line break', { facts: { nameId: 'a1b2&#10;c3' } }],
  ['a name in blanks', { facts: { nameId: ' a1b2c3 ' } }],
  ['a very long name', { facts: { nameId: 'a'.repeat(256) } }],
  ['two names', { unsigned: cut(/(<saml:NameID .*?<\/saml:NameID>)/, '$1$1') }],
  ['two subjects', { unsigned: cut(/(<saml:Subject>.*?<\/saml:Subject>)/, '$1$1') }],
  ['no authentication', { unsigned: cut(/<saml:AuthnStatement .*?<\/saml:AuthnStatement>/) }],
  ['an encrypted name', { unsigned: cut(/<saml:NameID .*?<\/saml:NameID>/, '<saml:EncryptedID/>') }],
  ['a failure', { facts: { status: 'urn:oasis:names:tc:SAML:2.0:status:Responder' } }],
  ['a very long session index', { unsigned: cut(/ SessionIndex="[^"]*"/, ` SessionIndex="${'s'.repeat(1025)}"`) }],
  ['another version', { unsigned: cut(/(<saml:Assertion .*? Version=)"2.0"/, '$1"1.1"') }],
])('SA-04: %s is refused', async (_, hostile) => {
  expect((await verify({})).subject).toBe('a1b2c3');
  await expect(verify(hostile)).rejects.toThrow(SamlRefusal);
});

test('SA-04: clocks may differ by a minute', async () => {
  expect((await verify({ facts: { notBefore: seconds(45) } })).subject).toBe('a1b2c3');
  expect((await verify({ facts: { notOnOrAfter: seconds(-45) } })).subject).toBe('a1b2c3');
});

test('SA-04: an assertion that nobody asked for names no request', async () => {
  expect((await verify({ facts: { inResponseTo: undefined }, open: null })).subject).toBe('a1b2c3');
});

test('SA-04: the end of the session at the identity provider is known', async () => {
  const end = seconds(1800);
  expect((await verify({ facts: { sessionNotOnOrAfter: end } })).sessionEndsAt).toEqual(end);
});

test('SA-04: encrypted but unsigned is refused', async () => {
  const xml = responseXml(usualFacts(idp, request)).replace(
    /<saml:Assertion .*<\/saml:Assertion>/s,
    '<saml:EncryptedAssertion><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"/></saml:EncryptedAssertion>',
  );
  const expected = { issuer: idp.entityId, ...serviceProvider, inResponseTo: request, now: new Date() };
  const question = { field: asField(xml), certificates: [idp.keys.certificate], expected };
  await expect(verifyResponse(question)).rejects.toThrow('encrypted');
});

test('values of attributes stay the texts that they are', async () => {
  const attributes = { __proto__x: ['1'], groups: ['Dba', ' dba', 'a&amp;b'], empty: [] };
  const unsigned = (xml: string) =>
    xml.replace(
      '</saml:AttributeStatement>',
      '<saml:Attribute Name="nested"><saml:AttributeValue><x/></saml:AttributeValue></saml:Attribute><saml:Attribute Name="groups"><saml:AttributeValue>ops</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>',
    );
  const found = await verify({ facts: { attributes }, unsigned });
  expect(Object.fromEntries(found.attributes)).toEqual({
    ...{ __proto__x: ['1'], empty: [], nested: [] },
    groups: ['Dba', ' dba', 'a&b', 'ops'],
  });
});
