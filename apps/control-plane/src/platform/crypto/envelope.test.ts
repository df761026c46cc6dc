import fc from 'fast-check';
import { EnvelopeCipher, SealBroken } from './envelope.js';

const cipher = new EnvelopeCipher(Buffer.alloc(32, 1));
const label = { kind: 'resource-password', name: 'shop', version: 3 };

test('what is sealed opens again', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (plain) => {
      expect(cipher.open(cipher.seal(plain, label), label)).toEqual(Buffer.from(plain));
    }),
  );
});

test('CP-05: the same secret never looks the same twice, and never shows', () => {
  const [one, other] = [cipher.seal(Buffer.from('hunter2'), label), cipher.seal(Buffer.from('hunter2'), label)];
  expect(one.ciphertext).not.toEqual(other.ciphertext);
  expect(Buffer.concat([one.wrappedKey, one.ciphertext]).includes('hunter2')).toBe(false);
});

test.each([
  ['kind', { ...label, kind: 'signing-key' }],
  ['name', { ...label, name: 'crm' }],
  ['version', { ...label, version: 2 }],
])('a row in the place of another does not open: %s', (_, other) => {
  const sealed = cipher.seal(Buffer.from('secret'), label);
  expect(() => cipher.open(sealed, other)).toThrow(SealBroken);
});

test('CP-05: every changed bit is noticed', () => {
  const sealed = cipher.seal(Buffer.from('secret'), label);
  for (const part of ['wrappedKey', 'ciphertext'] as const) {
    for (let at = 0; at < sealed[part].length; at += 1) {
      const changed = Buffer.from(sealed[part]);
      changed[at]! ^= 1;
      expect(() => cipher.open({ ...sealed, [part]: changed }, label)).toThrow(SealBroken);
    }
    expect(() => cipher.open({ ...sealed, [part]: sealed[part].subarray(0, 20) }, label)).toThrow(SealBroken);
  }
});

test('CP-05: another master key opens nothing', () => {
  const sealed = cipher.seal(Buffer.from('secret'), label);
  expect(() => new EnvelopeCipher(Buffer.alloc(32, 2)).open(sealed, label)).toThrow(SealBroken);
  expect(() => new EnvelopeCipher(Buffer.alloc(16))).toThrow();
});

test('digests keep parts apart and depend on the master key', () => {
  expect(cipher.digest('a', 'bc')).not.toBe(cipher.digest('ab', 'c'));
  expect(cipher.digest('a')).toBe(cipher.digest('a'));
  expect(new EnvelopeCipher(Buffer.alloc(32, 2)).digest('a')).not.toBe(cipher.digest('a'));
});
