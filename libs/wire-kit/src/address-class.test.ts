import fc from 'fast-check';
import { addressClass, mayDial, plainAddress, type AddressClass } from './address-class.js';

const classes: [string, AddressClass][] = [
  ['8.8.8.8', 'public'],
  ['172.15.0.1', 'public'],
  ['172.32.0.1', 'public'],
  ['100.63.0.1', 'public'],
  ['100.128.0.1', 'public'],
  ['2606:4700::1111', 'public'],
  ['10.1.2.3', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.0.1', 'private'],
  ['100.64.0.1', 'private'],
  ['198.18.0.1', 'private'],
  ['fd12:3456::1', 'private'],
  ['fec0::1', 'private'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['::1', 'loopback'],
  ['0:0:0:0:0:0:0:1', 'loopback'],
  ['169.254.0.1', 'linkLocal'],
  ['169.254.169.254', 'linkLocal'],
  ['fe80::1', 'linkLocal'],
  ['febf::1', 'linkLocal'],
  ['100.100.100.200', 'metadata'],
  ['168.63.129.16', 'metadata'],
  ['192.0.0.192', 'metadata'],
  ['fd00:ec2::254', 'metadata'],
  ['fd00:0ec2:0000::0254', 'metadata'],
  ['fd20:ce::254', 'metadata'],
  ['0.0.0.0', 'unspecified'],
  ['0.1.2.3', 'unspecified'],
  ['::', 'unspecified'],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.255', 'multicast'],
  ['ff02::1', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'reserved'],
  ['64:ff9b:1::a9fe:a9fe', 'reserved'],
  ['2001:0:a9fe:a9fe::1', 'reserved'],
  ['', 'invalid'],
  ['localhost', 'invalid'],
  ['127.1', 'invalid'],
  ['0x7f.0.0.1', 'invalid'],
  ['2130706433', 'invalid'],
  ['0177.0.0.1', 'invalid'],
  ['127.0.0.1.', 'invalid'],
  ['fe80::1%eth0', 'invalid'],
  ['[::1]', 'invalid'],
];

test.each(classes)('%s is %s', (ip, expected) => {
  expect(addressClass(ip)).toBe(expected);
});

/** Every way of writing the IPv4 address whose groups are `high` and `low` into an IPv6 one. */
const wrappings: [string, (v4: string, high: string, low: string) => string][] = [
  ['mapped', (v4) => `::ffff:${v4}`],
  ['mapped, hexadecimal', (_, high, low) => `0:0:0:0:0:FFFF:${high}:${low}`],
  ['compatible', (v4) => `::${v4}`],
  ['translated', (v4) => `::ffff:0:${v4}`],
  ['NAT64', (v4) => `64:ff9b::${v4}`],
  ['6to4', (_, high, low) => `2002:${high}:${low}::1`],
  ['ISATAP', (v4) => `2606:4700::5efe:${v4}`],
  ['ISATAP of a unique address', (v4) => `2606:4700::200:5efe:${v4}`],
];

test.each(wrappings)('an IPv4 address inside IPv6 is what it is outside: %s', (_, wrap) => {
  fc.assert(
    fc.property(fc.tuple(fc.integer({ min: 1, max: 255 }), fc.nat(255), fc.nat(255), fc.nat(255)), ([a, b, c, d]) => {
      const v4 = `${a}.${b}.${c}.${d}`;
      const wrapped = wrap(v4, ((a << 8) | b).toString(16), ((c << 8) | d).toString(16));
      expect(plainAddress(wrapped)).toBe(v4);
      expect(addressClass(wrapped)).toBe(addressClass(v4));
    }),
  );
});

test('all texts of an address have one plain form', () => {
  expect(plainAddress('FE80:0:0::0001')).toBe(plainAddress('fe80::1'));
  expect(plainAddress('1.2.3.4')).toBe('1.2.3.4');
  expect(plainAddress('1.2.3')).toBeUndefined();
});

test('loopback is dialled only for a host that says so itself', () => {
  expect(mayDial('localhost', '127.0.0.1')).toBe(true);
  expect(mayDial('LOCALHOST', '::1')).toBe(true);
  expect(mayDial('127.0.0.5', '127.0.0.5')).toBe(true);
  expect(mayDial('::1', '::1')).toBe(true);
  expect(mayDial('127.evil.test', '127.0.0.1')).toBe(false);
  expect(mayDial('db.localhost', '127.0.0.1')).toBe(false);
  expect(mayDial('db.test', '::1')).toBe(false);
  expect(mayDial('db.test', '::ffff:127.0.0.1')).toBe(false);
  expect(mayDial('localhost', '10.0.0.1')).toBe(false);
});

test('only public and private addresses are dialled otherwise', () => {
  const dialled = classes.filter(([ip]) => mayDial('db.test', ip)).map(([, kind]) => kind);
  expect(new Set(dialled)).toEqual(new Set(['public', 'private']));
});
