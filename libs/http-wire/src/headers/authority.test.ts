import { canonicalAuthority } from './authority.js';

test.each([
  ['GW.Example.com', 'gw.example.com'],
  ['gw:8443', 'gw:8443'],
  ['127.0.0.1:1', '127.0.0.1:1'],
  ['my_api.internal', 'my_api.internal'],
  ['[::1]', '[::1]'],
  ['[2001:DB8::1]:443', '[2001:db8::1]:443'],
  ['[::ffff:127.0.0.1]', '[::ffff:127.0.0.1]'],
])('%s is %s', (raw, canonical) => {
  expect(canonicalAuthority(raw)).toBe(canonical);
});

test.each([
  ['', ' ', 'a b', 'gw.', '.gw', 'a..b', '-a', 'a-', 'gw:', 'gw:0', 'gw:080', 'gw:65536', 'gw:1:2', 'gw:+1'],
  [
    'user@gw',
    'gw/',
    'gw?',
    'gw#',
    'gw%2e',
    'gw,gw2',
    'g\xfc',
    'gw\t',
    '[::1',
    '::1',
    '[::1]x',
    '[fe80::1%25eth0]',
    '[]',
  ],
  [`${'a'.repeat(254)}`, `${'a.'.repeat(127)}`, 'gw\\', 'http://gw', '[v1.x]', '*', '*.gw'],
])('HT-05: hosts that two readers could take for different ones are none', (...hosts) => {
  for (const raw of hosts) expect([raw, canonicalAuthority(raw)]).toEqual([raw, undefined]);
});
