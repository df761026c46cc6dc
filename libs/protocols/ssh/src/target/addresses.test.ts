import { AddressRefusal, hostRef, resolveHost } from './addresses.js';

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['DB.Internal.', 'db.internal'],
  ['::1', '::1'],
  ['2001:DB8:0:0::1', '2001:db8::1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['0:0:0:0:0:ffff:a00:1', '10.0.0.1'],
])('%s is %s', (text, one) => expect(hostRef(text)!.text).toBe(one));

test.each([
  '',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '010.0.0.1',
  '1.2.3',
  '1.2.3.4.5',
  '256.1.1.1',
  'fe80::1%eth0',
  'a b',
  'a..b',
  '-a',
  'a/b',
  'http://a',
  '[::1]',
  'a\0',
  'ｌocalhost',
  'x'.repeat(64),
  `${'a.'.repeat(130)}b`,
])('%j is neither an address nor a name', (text) => expect(hostRef(text)).toBeUndefined());

test.each([
  '169.254.169.254',
  '169.254.0.1',
  '0.0.0.0',
  '0.1.2.3',
  '224.0.0.1',
  '255.255.255.255',
  '100.100.100.200',
  '::',
  'fe80::1',
  'febf::1',
  'ff02::1',
  'fd00:ec2::254',
  '::ffff:169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b::7f00:1',
  '2002:a9fe:a9fe::1',
  '2002:7f00:1::',
  '::169.254.169.254',
])('SH-02: %s is never connected to', async (text) => {
  await expect(resolveHost(hostRef(text)!)).rejects.toThrow(AddressRefusal);
});

test.each([['10.1.2.3'], ['127.0.0.1'], ['::1'], ['2001:db8::1'], ['64:ff9b::a00:1']])('%s is', async (text) => {
  await expect(resolveHost(hostRef(text)!)).resolves.toBe(text);
});

test('a name is resolved once, and every answer has to be fit', async () => {
  let asked = 0;
  const resolver = (answers: readonly string[]) => () => {
    asked += 1;
    return Promise.resolve(answers);
  };
  const host = hostRef('db.internal')!;
  await expect(resolveHost(host, resolver(['10.0.0.1', '10.0.0.2']))).resolves.toBe('10.0.0.1');
  expect(asked).toBe(1);
  for (const bad of [['10.0.0.1', '169.254.169.254'], ['127.0.0.1'], ['::1'], ['::ffff:127.0.0.1'], ['junk'], []]) {
    await expect(resolveHost(host, resolver(bad))).rejects.toThrow(AddressRefusal);
  }
  await expect(resolveHost(host, () => Promise.reject(new Error('no resolver')))).rejects.toThrow(AddressRefusal);
});

test('localhost is asked of nobody', async () => {
  await expect(resolveHost(hostRef('localhost')!, () => Promise.resolve(['10.0.0.1']))).resolves.toBe('127.0.0.1');
});
