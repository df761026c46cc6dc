import fc from 'fast-check';
import { WireError } from '@sallyport/wire-kit';
import {
  EncodingError,
  message,
  readBind,
  readDiagnostic,
  readExecute,
  readParse,
  readQuery,
  readRowDescription,
  readTarget,
  readTextRow,
  utf8,
  writeDiagnostic,
} from './codec.js';
import { backend, frontend } from './messages.js';
import { bindMessage, executeMessage, parseMessage, queryMessage, targetMessage } from './requests.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

test('bytes are as the manual has them', () => {
  expect(queryMessage('SELECT 1')).toEqual(hex('51 0000000d 53454c4543542031 00'));
  expect(parseMessage('s', '')).toEqual(hex('50 00000009 7300 00 0000'));
  expect(bindMessage('', 's')).toEqual(hex('42 0000000d 00 7300 0000 0000 0000'));
  expect(executeMessage('p')).toEqual(hex('45 0000000a 7000 00000000'));
  expect(targetMessage(frontend.describe, 'P', '')).toEqual(hex('44 00000006 50 00'));
});

test('a bind message gives formats, nulls and values', () => {
  const bind = hex('42 0000002a 7000 7300 0002 0000 0001 0002 ffffffff 00000002 4142 0001 0001');
  bind.writeInt32BE(bind.length - 1, 1);
  expect(readBind(bind)).toEqual({
    portal: 'p',
    statement: 's',
    parameterFormats: [0, 1],
    parameters: [null, Buffer.from('AB')],
    resultFormats: [1],
  });
});

test('a row description gives the origin of every column', () => {
  const description = message(backend.rowDescription, (body) =>
    body.int16(1).terminated('ssn').uint32(3_000_000_000).int16(4).uint32(25).int16(-1).int32(-1).int16(1),
  );
  expect(readRowDescription(description)).toEqual([
    { name: 'ssn', tableOid: 3_000_000_000, attnum: 4, typeOid: 25, typeModifier: -1, format: 1 },
  ]);
});

test.each([
  ['a query with bytes behind its text', () => readQuery(hex('51 00000008 61 00 62 00'))],
  ['a query without an end', () => readQuery(hex('51 00000005 61'))],
  ['a format that does not exist', () => readBind(hex('42 00000010 00 00 0001 0002 0000 0000'))],
  ['formats of another number than parameters', () => readBind(hex('42 00000012 00 00 0002 0000 0000 0000 0000'))],
  ['a parameter of negative length', () => readBind(hex('42 00000010 00 00 0000 0001 fffffffe 0000'))],
  ['a target that is neither', () => readTarget(hex('44 00000006 58 00'))],
])('%s is refused', (_, read) => {
  expect(read).toThrow(WireError);
});

test('text that is not UTF-8 is told apart from a broken message', () => {
  expect(() => readQuery(hex('51 00000007 ff27 00'))).toThrow(EncodingError);
});

test('a diagnostic reads back as it was written', () => {
  const fields = { S: 'ERROR', C: '42501', M: 'blocked', D: 'decision 1' };
  expect(readDiagnostic(writeDiagnostic(backend.errorResponse, fields))).toEqual(fields);
});

test('no bytes do anything but read or fail as expected', () => {
  const readers = [
    readQuery,
    readParse,
    readBind,
    readTarget,
    readExecute,
    readRowDescription,
    readTextRow,
    readDiagnostic,
  ];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...readers), (bytes, read) => {
      try {
        read(Buffer.concat([hex('00 00000000'), bytes]));
      } catch (error) {
        expect(error instanceof WireError || error instanceof EncodingError).toBe(true);
      }
    }),
    { numRuns: 3000 },
  );
});

test('texts and short strings are read as the runtime reads them, also when they or their likes came before', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.stringMatching(/^select [ab]{2} from t where i = \d{1,3}$/),
    fc.string({ minLength: 200, maxLength: 400 }),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 30 }), (texts) => {
      for (const each of [...texts, ...texts].map((one) => one.replaceAll('\0', ''))) {
        expect(readParse(parseMessage('', each)).text).toBe(each);
        expect(utf8(Buffer.from(each))).toBe(each);
      }
    }),
  );
});
