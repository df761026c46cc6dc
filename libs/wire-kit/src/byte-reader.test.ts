import fc from 'fast-check';
import { ByteReader, ByteWriter, WireError } from './index.js';

test('reads what a writer wrote', () => {
  const text = fc.string({ unit: 'grapheme' }).filter((each) => !each.includes('\0'));
  fc.assert(
    fc.property(text, fc.integer(), fc.uint8Array(), (name, number, blob) => {
      const bytes = new ByteWriter(1)
        .terminated(name)
        .int32(number | 0)
        .int16(blob.length)
        .raw(blob)
        .finish();
      const reader = new ByteReader(bytes);
      expect(reader.terminated().toString()).toBe(Buffer.from(name).toString());
      expect(reader.int32()).toBe(number | 0);
      expect([...reader.slice(reader.int16())]).toEqual([...blob]);
      reader.done();
    }),
  );
});

test.each<[string, (reader: ByteReader) => unknown]>([
  ['a field beyond the end', (reader) => reader.int32()],
  ['a slice of negative length', (reader) => reader.slice(-1)],
  ['a string without its NUL', (reader) => reader.terminated()],
  ['bytes left over', (reader) => reader.done()],
])('refuses %s', (_, read) => {
  expect(() => read(new ByteReader(Buffer.from('abc')))).toThrow(WireError);
});

test('a NUL beyond the message does not end a string within it', () => {
  expect(() => new ByteReader(Buffer.from('ab\0'), 0, 2).terminated()).toThrow(WireError);
});

test('a writer refuses a NUL inside a terminated string', () => {
  expect(() => new ByteWriter().terminated('a\0b')).toThrow(RangeError);
});

test('a string without bytes is told from any other, and from the end', () => {
  const reader = new ByteReader(Buffer.from('\0a\0\0x'), 0, 4);
  expect(reader.emptyString()).toBe(true);
  expect(reader.emptyString()).toBe(false);
  expect(reader.terminated().toString()).toBe('a');
  expect(reader.emptyString()).toBe(true);
  expect(reader.emptyString()).toBe(false);
  reader.done();
});
