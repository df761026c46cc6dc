import { createHmac, randomBytes } from 'node:crypto';
import type { MaskMethod } from '@sallyport/domain';
import fc from 'fast-check';
import { Pseudonyms, redactedText, stricterMethod, textMask } from './index.js';

const key = randomBytes(32);
const pseudonyms = new Pseudonyms(key);

function mask(method: MaskMethod, text: string): string | null {
  const bytes = Buffer.from(`<${text}>`);
  return textMask(method, pseudonyms)(bytes, 1, bytes.length - 1)?.toString() ?? null;
}

test('a redacted value is one text and an emptied one none', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(mask('redact', text)).toBe(redactedText);
      expect(mask('null', text)).toBeNull();
    }),
  );
});

test.each([
  ['4111111111111111', '****1111'],
  ['123-45-6789', '****6789'],
  ['12345-678', redactedText],
  ['', redactedText],
  ['ÄÖÜäöüßÄÖÜäö', '****ÖÜäö'],
  ['ÄÖÜäöüßÄÖ', redactedText],
  ['日本語日本語日本語日本語', '****語日本語'],
])('partial of %j is %j', (text, expected) => {
  expect(mask('partial', text)).toBe(expected);
});

test('partial keeps four characters of ten or more, and nothing of fewer', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
      const characters = [...text];
      const expected = characters.length < 10 ? redactedText : `****${characters.slice(-4).join('')}`;
      expect(mask('partial', text)).toBe(expected);
    }),
  );
});

test('a pseudonym is the keyed hash of the value, and an e-mail address stays one', () => {
  const subkey = createHmac('sha256', key).update('sallyport pseudonym text').digest();
  const digits = (text: string): string => createHmac('sha256', subkey).update(text).digest('hex').slice(0, 16);
  expect(mask('pseudonym', 'Ada')).toBe(`p_${digits('Ada')}`);
  expect(mask('pseudonym', 'ada@example.com')).toBe(`u_${digits('ada@example.com')}@masked.invalid`);
  for (const text of ['@', 'a@b', '@b.c', 'a@b.', 'a@.c', 'a@b@c.d', 'a b@c.d']) {
    expect(mask('pseudonym', text)).toMatch(/^p_[0-9a-f]{16}$/);
  }
});

test('equal values have equal pseudonyms, different ones different, whatever was remembered in between', () => {
  const fresh = (): Pseudonyms => new Pseudonyms(key);
  const one = (of: Pseudonyms, text: string): string =>
    of.text(Buffer.from(text), 0, Buffer.byteLength(text)).toString();
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 200 }), { maxLength: 50 }), (texts) => {
      const remembered = texts.map((text) => one(pseudonyms, text));
      expect(remembered).toEqual(texts.map((text) => one(fresh(), text)));
      expect(new Set(remembered).size).toBe(new Set(texts).size);
    }),
    { numRuns: 25 },
  );
});

test('what is remembered does not change with the buffer it was read from', () => {
  const buffer = Buffer.from('first-value');
  const first = pseudonyms.text(buffer, 0, buffer.length).toString();
  buffer.write('other-value');
  expect(pseudonyms.text(buffer, 0, buffer.length).toString()).not.toBe(first);
  expect(pseudonyms.text(Buffer.from('first-value'), 0, 11).toString()).toBe(first);
});

test('another key gives other pseudonyms, and a short key is refused', () => {
  const other = new Pseudonyms(randomBytes(32));
  expect(other.text(Buffer.from('Ada'), 0, 3)).not.toEqual(pseudonyms.text(Buffer.from('Ada'), 0, 3));
  expect(() => new Pseudonyms(randomBytes(16))).toThrow(RangeError);
});

test('the pseudonym of a UUID is a UUID of version 8', () => {
  const value = Buffer.from('550e8400e29b41d4a716446655440000', 'hex');
  const pseudonym = pseudonyms.uuid(value, 0, 16);
  expect(pseudonym.toString('hex')).toMatch(/^[0-9a-f]{12}8[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  expect(pseudonyms.uuid(Buffer.from(value), 0, 16)).toEqual(pseudonym);
  expect(pseudonym).not.toEqual(value);
});

test('the stricter of two methods shows less', () => {
  const order: MaskMethod[] = ['partial', 'pseudonym', 'redact', 'null'];
  for (const a of order)
    for (const b of order) expect(stricterMethod(a, b)).toBe(order[Math.max(order.indexOf(a), order.indexOf(b))]);
});
