import fc from 'fast-check';
import { asField, SamlIdentityProvider, serviceProvider, usualFacts } from '../../testing/saml-identity-provider.js';
import type { AssertedIdentity } from './assertion.js';
import { SamlRefusal } from './saml-refusal.js';
import { verifyResponse } from './verify-response.js';

const request = '_request-0123456789';
let idp: SamlIdentityProvider;
let original: string;
let truth: AssertedIdentity;

/** Who it proves; undefined: nobody. Anything thrown but a refusal fails the test. */
async function proved(xml: string): Promise<AssertedIdentity | undefined> {
  try {
    return await verifyResponse({
      field: asField(xml),
      certificates: [idp.keys.certificate],
      expected: { issuer: idp.entityId, ...serviceProvider, inResponseTo: request, now: new Date() },
    });
  } catch (error) {
    if (error instanceof SamlRefusal) return undefined;
    throw error;
  }
}

beforeAll(async () => {
  idp = await SamlIdentityProvider.start();
  original = await idp.respond(usualFacts(idp, request), { parts: 'both' });
  truth = (await proved(original))!;
});

const junk = fc.oneof(
  fc.string({ minLength: 1, maxLength: 3 }),
  fc.constantFrom(
    '<',
    '>',
    '"',
    '&',
    '&#65;',
    '<!---->',
    '<x/>',
    ' ID="_x"',
    '</saml:NameID><saml:NameID>',
    '\u0000',
    '\r\n',
  ),
);
const place = fc.nat({ max: 1_000_000 });

test('SA-01: whatever is changed anywhere, it proves the same person or nobody', async () => {
  let refused = 0;
  const change = fc.record({ at: place, cut: fc.nat({ max: 40 }), put: fc.option(junk, { nil: '' }) });
  await fc.assert(
    fc.asyncProperty(change, async ({ at, cut, put }) => {
      const from = at % original.length;
      const answer = await proved(original.slice(0, from) + put + original.slice(from + cut));
      if (answer) expect(answer).toEqual(truth);
      else refused += 1;
    }),
    { numRuns: 300 },
  );
  expect(refused).toBeGreaterThan(100);
}, 60_000);

test('SA-01: parts of a signed response copied elsewhere prove the same person or nobody', async () => {
  const evil = original.replaceAll('>a1b2c3<', '>admin<');
  const tags = [...original.matchAll(/</g)].map(({ index }) => index);
  const tag = fc.nat({ max: tags.length - 1 }).map((n) => tags[n]!);
  await fc.assert(
    fc.asyncProperty(tag, tag, tag, async (one, other, to) => {
      const [from, until] = [Math.min(one, other), Math.max(one, other)];
      const answer = await proved(original.slice(0, to) + evil.slice(from, until) + original.slice(to));
      if (answer) expect(answer).toEqual(truth);
    }),
    { numRuns: 300 },
  );
}, 60_000);
