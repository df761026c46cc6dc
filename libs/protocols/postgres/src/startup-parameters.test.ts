import fc from 'fast-check';
import { ByteReader, ByteWriter, WireError } from '@sallyport/wire-kit';
import { EncodingError } from './codec.js';
import { HandshakeRefusal } from './handshake-refusal.js';
import { readStartupParameters } from './startup-parameters.js';

function read(...pairs: readonly (readonly [string, string])[]): ReturnType<typeof readStartupParameters> {
  const writer = new ByteWriter();
  for (const [name, value] of pairs) writer.terminated(name).terminated(value);
  return readStartupParameters(new ByteReader(writer.uint8(0).finish()));
}

test('the database names the resource, and the user stands in for it', () => {
  expect(read(['user', 'u'], ['database', 'shop']).database).toBe('shop');
  expect(read(['user', 'u']).database).toBe('u');
});

test('settings that are listed pass, in any case, as parameters and as options', () => {
  const options = '-c timezone=UTC --statement-timeout=5s -cextra_float_digits=2';
  expect(Object.fromEntries(read(['user', 'u'], ['datestyle', 'ISO'], ['options', options]).settings)).toEqual({
    DateStyle: 'ISO',
    TimeZone: 'UTC',
    statement_timeout: '5s',
    extra_float_digits: '2',
  });
});

test('a backslash keeps a blank in an option', () => {
  expect(read(['user', 'u'], ['options', '-c application_name=a\\ b']).settings.get('application_name')).toBe('a b');
});

test.each(['UTF8', 'utf-8', 'Unicode', 'SQL_ASCII'])('encoding %s is what is pinned anyway', (value) => {
  expect(read(['user', 'u'], ['client_encoding', value]).settings.size).toBe(0);
});

test.each([
  ['search_path', 'evil'],
  ['role', 'admin'],
  ['client_encoding', 'SJIS'],
  ['replication', 'true'],
  ['options', '-c'],
  ['options', '-c standard_conforming_strings=off'],
  ['options', '-c\\ role=admin'],
  ['options', '-B 100'],
  ['options', '-c =x'],
  ['user', 'again'],
])('%s = %s is refused', (name, value) => {
  expect(() => read(['user', 'u'], [name, value])).toThrow(HandshakeRefusal);
});

test('no bytes do anything but read or fail as expected', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      try {
        readStartupParameters(new ByteReader(Buffer.from(bytes)));
      } catch (error) {
        expect([WireError, EncodingError, HandshakeRefusal].some((kind) => error instanceof kind)).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});
