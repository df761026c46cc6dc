import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { apiKeyId, generateApiKey, hashApiKey, sameHash } from './api-key.js';

test('ID-20: a key names itself, is hashed whole, and never repeats', () => {
  const keys = Array.from({ length: 200 }, generateApiKey);
  for (const { id, text, hash } of keys) {
    expect(text).toMatch(/^sp_[0-9A-Za-z]{17}_[0-9A-Za-z]{49}$/);
    expect(apiKeyId(text)).toBe(id);
    expect(hash).toBe(createHash('sha256').update(text).digest('hex'));
  }
  expect(new Set(keys.map(({ text }) => text)).size).toBe(200);
  expect(new Set(keys.map(({ id }) => id)).size).toBe(200);
});

test('ID-20: a slip of one character fails the checksum', () => {
  const { text } = generateApiKey();
  fc.assert(
    fc.property(fc.integer({ min: 3, max: text.length - 1 }), fc.constantFrom(...'09AZaz'), (at, other) => {
      fc.pre(text[at] !== other && text[at] !== '_');
      expect(apiKeyId(text.slice(0, at) + other + text.slice(at + 1))).toBeUndefined();
    }),
  );
});

test('anything else is no key', () => {
  fc.assert(fc.property(fc.string(), (text) => expect(apiKeyId(text)).toBeUndefined()));
  const { text } = generateApiKey();
  for (const wrong of [
    '',
    'sp_',
    ` ${text}`,
    `${text}\n`,
    text.slice(0, -1),
    text.toUpperCase(),
    text.replace('sp_', 'sq_'),
  ]) {
    expect(apiKeyId(wrong)).toBeUndefined();
  }
});

test('hashes compare as bytes of one length', () => {
  const hash = hashApiKey('a');
  expect(sameHash(hash, hash)).toBe(true);
  expect(sameHash(hash, hashApiKey('b'))).toBe(false);
  expect(sameHash('', '')).toBe(false);
  expect(sameHash(hash, hash.slice(0, 62))).toBe(false);
});
