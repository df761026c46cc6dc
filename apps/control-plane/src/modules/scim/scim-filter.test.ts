import { parseFilter } from './scim-filter.js';

const parse = (text: string | undefined) => parseFilter(text, ['userName', 'externalId']);

test.each([
  ['userName eq "alice"', { attribute: 'userName', value: 'alice' }],
  ['USERNAME EQ "alice"', { attribute: 'userName', value: 'alice' }],
  ['urn:ietf:params:scim:schemas:core:2.0:User:externalId eq "00u1"', { attribute: 'externalId', value: '00u1' }],
  [String.raw`userName eq "a\"b\\c"`, { attribute: 'userName', value: 'a"b\\c' }],
  [undefined, undefined],
  ['', undefined],
])('%j', (text, expected) => {
  expect(parse(text)).toEqual(expected);
});

test.each([
  'userName',
  'userName eq alice',
  'userName eq "alice',
  'userName ne "alice"',
  'userName eq "a" or userName pr',
  '(userName eq "a")',
  'password eq "x"',
  `userName eq "a' OR '1'='1`,
  String.raw`userName eq "a\u0000"`,
  String.raw`userName eq "a\ud800"`,
  'emails[type eq "work"].value eq "a"',
])('%j is refused', (text) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ status: 400, scimType: 'invalidFilter' }));
});
