import { canonicalAddress } from './request-context.js';

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::FFFF:0a00:0001', '10.0.0.1'],
  ['0:0:0:0:0:ffff:10.0.0.1', '10.0.0.1'],
  ['2001:DB8:0::1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::1', '::1'],
])('%s is compared as %s', (given, compared) => {
  expect(canonicalAddress(given)).toBe(compared);
});

test.each(['', 'localhost', '10.0.0', '10.0.0.1:80', '[::1]', '10.0.0.1/8'])('%j is no address', (given) => {
  expect(() => canonicalAddress(given)).toThrow('not an IP address');
});
