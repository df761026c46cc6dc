import { createDocumentMask, detectorNames, Pseudonyms } from '../index.js';

const pseudonyms = new Pseudonyms(Buffer.alloc(32, 7));

/** What is left of a text when that detector empties what it finds; the rest is in angle brackets. */
function masked(detector: string, text: string): string {
  const mask = createDocumentMask({ rules: [], detectors: [{ detector, method: 'redact' }], pseudonyms });
  return String(mask.maskValue(text)).replaceAll('[redacted]', '#');
}

const jwtToken =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
const pem = (kind: string): string => `-----BEGIN ${kind}-----\nMIIEvQIBADAN\nBgkqhkiG9w0B\n-----END ${kind}-----`;

const found: Record<string, readonly [text: string, masked: string][]> = {
  email: [
    ['ada@example.com', '#'],
    ['Ada <ada.l+x@mail.example.co.uk>, hi', 'Ada <#>, hi'],
    ['mail=ada@example.com&x=1', 'mail=#&x=1'],
    ['?to=ada%40example.com', '?to=#'],
    ['see ada@example.com.', 'see #.'],
    ['jörg@müller.de und 例@例え.jp', '# und #'],
    ['“ada@example.com”，次', '“#”，次'],
    ['ada@example.com。次の', '#。次の'],
    [`${'x'.repeat(80)}@example.com`, `${'x'.repeat(16)}#`],
    [`${'é'.repeat(40)}@example.com`, `${'é'.repeat(8)}#`],
    [`a@b@example.com`, 'a@#'],
  ],
  creditCard: [
    ['4111111111111111', '#'],
    ['card 4111 1111 1111 1111 ok', 'card # ok'],
    ['3782-822463-10005', '#'],
    ['1234 4111 1111 1111 1111 5678', '1234 # 5678'],
    ['PAN5555555555554444x', 'PAN#x'],
    ['6011111111111117,3530111333300000', '#,#'],
    ['4222222222222', '#'],
  ],
  iban: [
    ['DE89370400440532013000', '#'],
    ['GB82 WEST 1234 5698 7654 32!', '#!'],
    ['to fr14 2004 1010 0505 0001 3m02 606 now', 'to # now'],
    ['NO93-8601-1117-947', '#'],
  ],
  usSsn: [
    ['123-45-6789', '#'],
    ['ssn 078 05 1120.', 'ssn #.'],
    ['x123-45-6789y', 'x#y'],
  ],
  phone: [
    ['+49 30 1234567', '#'],
    ['+14155552671', '#'],
    ['call +1 (415) 555-2671!', 'call #!'],
    ['(415) 555-2671', '#'],
    ['415-555-2671 12 times', '# 12 times'],
    ['1-415-555-2671', '#'],
    ['415.555.2671', '#'],
    ['0049 30 1234567', '#'],
    ['06 12 34 56 78', '#'],
    ['020 7946 0958', '#'],
    ['030/123 4567', '#'],
  ],
  ipAddress: [
    ['10.0.0.1', '#'],
    ['from 192.168.1.255:8080 to 8.8.8.8.', 'from #:8080 to #.'],
    ['10.0.0.0/8', '#/8'],
    ['[2001:db8::1]:443', '[#]:443'],
    ['ip:2001:db8::1', 'ip:#'],
    ['::1 and ::ffff:10.0.0.1', '# and #'],
    ['fe80::1%eth0', '#%eth0'],
    ['2001:0db8:0000:0000:0000:ff00:0042:8329.', '#.'],
  ],
  jwt: [
    [`token=${jwtToken};`, 'token=#;'],
    [`"${jwtToken}"`, '"#"'],
    [`eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0. x`, '# x'],
    [`eyJ${'x'.repeat(3_000)}.eyJhIjoxfQ.c2ln end`, '# end'],
    ['eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn', '#'],
  ],
  awsAccessKey: [
    ['AKIAIOSFODNN7EXAMPLE', '#'],
    ['id=ASIAIOSFODNN7EXAMPLE&', 'id=#&'],
  ],
  privateKey: [
    [`a\n${pem('PRIVATE KEY')}\nb`, 'a\n#\nb'],
    [pem('RSA PRIVATE KEY'), '#'],
    [pem('OPENSSH PRIVATE KEY'), '#'],
    [pem('PGP PRIVATE KEY BLOCK'), '#'],
    [`x -----BEGIN EC PRIVATE KEY-----\n${'AAAA\n'.repeat(2_000)}`, 'x #'],
    [pem('PRIVATE KEY') + pem('CERTIFICATE'), `#${pem('CERTIFICATE')}`],
  ],
  bearerToken: [
    ['Authorization: Bearer abcdef123456', 'Authorization: Bearer #'],
    ["bearer  mF_9.B5f-4.1JqM'", "bearer  #'"],
    [`BEARER ${'x'.repeat(5_000)} end`, 'BEARER # end'],
  ],
  githubToken: [
    [`ghp_${'a1'.repeat(18)}`, '#'],
    [`(github_pat_11ABCDEFG0${'x'.repeat(60)})`, '(#)'],
  ],
  slackToken: [
    ['xoxb-123456789012-abcdefGHIJKL', '#'],
    ['xapp-1-A0123456789-1234', '#'],
    ['https://hooks.slack.com/services/T000/B000/a1b2"', 'https://hooks.slack.com/services/#"'],
  ],
};
const ignored: Record<string, readonly string[]> = {
  email: [
    'a@b',
    '@example.com',
    'a@ example.com',
    'ada at example.com',
    'npm i x@1.2.3',
    'a@.com',
    'root@localhost',
    '50%40',
  ],
  creditCard: [
    '4111111111111112',
    '411111111111',
    '41111111111111111111111',
    '1714567890123',
    '0.4111111111111111',
    '4111  1111  1111  1111',
    '4111\n1111\n1111\n1111',
  ],
  iban: [
    'DE89370400440532013001',
    'DE8937040044053201300',
    'XX89370400440532013000',
    'xDE89370400440532013000',
    'DE893704004405320130001',
  ],
  usSsn: [
    '000-45-6789',
    '666-45-6789',
    '900-45-6789',
    '123-00-6789',
    '123-45-0000',
    '123-456789',
    '123-45-67890',
    '123-45 6789',
    '1123-45-6789',
  ],
  phone: [
    '4155552671',
    '2024-05-01',
    '01.02.2024 10:30',
    '+1',
    '12:34:56',
    '115-555-2671',
    '1 2 3 4 5 6 7 8 9',
    '1.2.3',
    '100 200 300 400',
  ],
  ipAddress: [
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '12:34:56',
    'std::vector',
    'aa:bb:cc:dd:ee:ff',
    '::',
    'a b: c',
    '1.2.3.4567',
    'x::y',
  ],
  jwt: ['eyJ', 'eyJhbGciOiJ', 'eyJhbGciOiJIUzI1NiJ9. next', 'greyJaysInTheTrees.eyJ', 'eyJhbGciOiJIUzI1NiJ9'],
  awsAccessKey: ['AKIAIOSFODNN7EXAMPL', 'AKIAIOSFODNN7EXAMPLES', 'xAKIAIOSFODNN7EXAMPLE', 'AKIAiosfodnn7example'],
  privateKey: [pem('CERTIFICATE'), pem('PUBLIC KEY'), '-----BEGIN PRIVATE KEY', '--- BEGIN PRIVATE KEY ---'],
  bearerToken: [
    'Bearer of bad news',
    'bearer authentication',
    'forbearer abcdef123456',
    'Bearer',
    'Bearer:abcdef123456',
  ],
  githubToken: ['ghp_short', `ghx_${'a1'.repeat(18)}`, `xghp_${'a1'.repeat(18)}`],
  slackToken: ['xoxb-short', 'xoxz-123456789012', 'foxoxb-123456789012-abc', 'api.slack.com/services/1'],
};

test('every detector is tried here', () => {
  expect(Object.keys(found).sort()).toEqual([...detectorNames].sort());
  expect(Object.keys(ignored).sort()).toEqual([...detectorNames].sort());
});

test.each(
  Object.entries(found).flatMap(([name, cases]) => cases.map(([text, expected]) => [name, text, expected] as const)),
)('%s finds %j', (name, text, expected) => {
  expect(masked(name, text)).toBe(expected);
});

test.each(Object.entries(ignored).flatMap(([name, texts]) => texts.map((text) => [name, text] as const)))(
  '%s does not find %j',
  (name, text) => {
    expect(masked(name, text)).toBe(text);
  },
);

test('an unknown detector is refused', () => {
  expect(() => masked('toString', 'x')).toThrow(RangeError);
});
