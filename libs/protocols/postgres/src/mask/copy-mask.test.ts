import fc from 'fast-check';
import type { ColumnRef, MaskMethod, ResultShape } from '@sallyport/domain';
import { SallyportError } from '@sallyport/domain';
import { Pseudonyms } from '@sallyport/masking';
import type { CopyShape } from '@sallyport/sql';
import { ByteSink } from './byte-sink.js';
import { type CopyMask, type CopyMaskRequest, planCopyMask } from './copy-mask.js';

const pseudonymKey = new Uint8Array(32).fill(7);
const pseudonyms = new Pseudonyms(pseudonymKey);
const column = (name: string): ColumnRef => ({ kind: 'Column', resource: 'r', schema: 's', table: 't', column: name });

type Treatment = MaskMethod | 'derived' | undefined;
const text: CopyShape = {
  direction: 'out',
  format: 'text',
  columns: 0,
  delimiter: '\t',
  quote: '"',
  escape: '"',
  nullText: '\\N',
  header: false,
  forceQuote: [],
};
const csv: CopyShape = { ...text, format: 'csv', delimiter: ',', nullText: '' };
const binary: CopyShape = { ...text, format: 'binary' };

function request(copy: CopyShape, treatments: readonly Treatment[]): CopyMaskRequest {
  const shape: ResultShape = {
    form: 'copy',
    columns: treatments.map((treatment, index) => ({
      direct: treatment !== 'derived',
      sources: [column(`c${index}`)],
    })),
  };
  const obligations = treatments.flatMap((treatment, index) =>
    treatment
      ? [
          {
            kind: 'mask' as const,
            column: column(`c${index}`),
            method: treatment === 'derived' ? 'partial' : treatment,
          },
        ]
      : [],
  );
  return { copy: { ...copy, columns: treatments.length }, shape, obligations, pseudonymKey, typeOf: () => 25 };
}

function maskFor(copy: CopyShape, treatments: readonly Treatment[], maxRowBytes?: number): CopyMask {
  const plan = planCopyMask({ ...request(copy, treatments), maxRowBytes });
  if (!plan.ok || !plan.mask) throw new Error('expected a mask');
  return plan.mask;
}

function through(mask: CopyMask, pieces: readonly Buffer[]): Buffer[] {
  return [...pieces.flatMap((piece) => mask.push(Buffer.from(piece))), ...mask.end()];
}

/** The values a masked row should have, decided without looking at bytes. */
function expectedValue(copy: CopyShape, treatment: Treatment, value: string | null): string | null {
  // The type of an expression is nowhere to be read in COPY data.
  if (treatment === 'derived') return copy.format === 'binary' ? null : '[redacted]';
  if (treatment === undefined || value === null) return value;
  if (treatment === 'null') return null;
  if (treatment === 'redact') return '[redacted]';
  const bytes = Buffer.from(value);
  if (treatment === 'pseudonym') return pseudonyms.text(bytes, 0, bytes.length).toString();
  return [...value].length < 10 ? '[redacted]' : `****${[...value].slice(-4).join('')}`;
}

/** Writes a row as the server does (src/backend/commands/copyto.c). */
function writeRow(copy: CopyShape, values: readonly (string | null)[]): Buffer {
  if (copy.format === 'binary') {
    const cells = values.map((value) => {
      const bytes = Buffer.from(value ?? '');
      const length = Buffer.alloc(4);
      length.writeInt32BE(value === null ? -1 : bytes.length);
      return Buffer.concat([length, bytes]);
    });
    return Buffer.concat([Buffer.from([0, values.length]), ...cells]);
  }
  const write = copy.format === 'text' ? writeText : writeCsv;
  return Buffer.from(
    values.map((value, index) => (value === null ? copy.nullText : write(copy, value, index))).join(copy.delimiter) +
      '\n',
  );
}
function writeText(copy: CopyShape, value: string): string {
  const named: Record<string, string> = {
    '\b': '\\b',
    '\f': '\\f',
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    '\v': '\\v',
  };
  return [...value]
    .map((char) => named[char] ?? (char === '\\' || char === copy.delimiter ? `\\${char}` : char))
    .join('');
}
function writeCsv(copy: CopyShape, value: string, index: number): string {
  const special = [copy.delimiter, copy.quote, '\n', '\r'].some((char) => value.includes(char));
  if (!special && value !== copy.nullText && !copy.forceQuote.includes(index)) return value;
  const escaped = [...value].map((char) => (char === copy.quote || char === copy.escape ? copy.escape + char : char));
  return copy.quote + escaped.join('') + copy.quote;
}

const fileHeader = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const fileTrailer = Buffer.from([0xff, 0xff]);
/** The whole stream in the pieces that the server would send. */
function stream(copy: CopyShape, names: readonly string[], rows: readonly (readonly (string | null)[])[]): Buffer[] {
  const written = rows.map((row) => writeRow(copy, row));
  if (copy.format !== 'binary')
    return copy.header ? [writeRow({ ...copy, forceQuote: [] }, names), ...written] : written;
  const pieces = [...written, fileTrailer];
  return [Buffer.concat([fileHeader, pieces[0]!]), ...pieces.slice(1)];
}

const nastyValue = fc.oneof(
  fc.string({ maxLength: 30, unit: fc.constantFrom(...'aZ09 ,;|"\'\\\t\n\r\b\v\f.N[]ä日😀'.match(/./gsu)!) }),
  fc.constantFrom('', '\\N', '\\.', 'NULL', '"', '""', '[redacted]', 'ada@example.com', 'a\n"b",c'),
);
const cell = fc.oneof({ weight: 5, arbitrary: nastyValue }, { weight: 1, arbitrary: fc.constant(null) });
const treatment = fc.constantFrom<Treatment>(undefined, undefined, 'redact', 'partial', 'pseudonym', 'null', 'derived');
const copies = fc.oneof(
  fc
    .record({ delimiter: fc.constantFrom('\t', '|', '[', ','), nullText: fc.constantFrom('\\N', '', 'NULL') })
    .map((o) => ({ ...text, ...o })),
  fc
    .record({
      delimiter: fc.constantFrom(',', ';', '\t', 'e'),
      quote: fc.constantFrom('"', "'"),
      escape: fc.constantFrom('"', "'", '\\', 'd'),
      nullText: fc.constantFrom('', 'NULL', '[redacted]'),
      forceQuote: fc.subarray([0, 1, 2, 3]),
    })
    // As the server demands.
    .filter(({ delimiter, nullText }) => !nullText.includes(delimiter))
    .map((o) => ({ ...csv, ...o })),
  fc.constant(binary),
);
const scenario = fc
  .tuple(copies, fc.boolean(), fc.array(treatment, { minLength: 1, maxLength: 4 }))
  .filter(([, , treatments]) => treatments.some(Boolean))
  .chain(([copy, header, treatments]) =>
    fc.record({
      copy: fc.constant({ ...copy, header: header && copy.format !== 'binary', columns: treatments.length }),
      treatments: fc.constant(treatments),
      rows: fc.array(fc.tuple(...treatments.map(() => cell)), { minLength: 1, maxLength: 5 }),
      cuts: fc.array(fc.nat(400), { maxLength: 12 }),
    }),
  );

/** In the text format a value may read like NULL (PostgreSQL writes it all the same): then nobody can tell. */
function ambiguous(copy: CopyShape, rows: readonly (readonly (string | null)[])[]): boolean {
  return (
    copy.format === 'text' &&
    rows.some((row) => row.some((value) => value !== null && writeText(copy, value) === copy.nullText))
  );
}

test('however the stream is cut, each row comes out as the slow way writes it', () => {
  fc.assert(
    fc.property(scenario, ({ copy, treatments, rows, cuts }) => {
      fc.pre(!ambiguous(copy, rows));
      const names = treatments.map((_, index) => `col,"${index}\n`);
      const expected = stream(
        copy,
        names,
        rows.map((row) => row.map((value, index) => expectedValue(copy, treatments[index], value))),
      );
      const whole = Buffer.concat(stream(copy, names, rows));
      const at = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b);
      const pieces = [0, ...at].map((start, index) => whole.subarray(start, at[index] ?? whole.length));
      expect(through(maskFor(copy, treatments), pieces).map(String)).toEqual(expected.map(String));
    }),
    { numRuns: 1500 },
  );
});

test.each([text, csv, binary].map((copy) => [copy.format, copy] as const))(
  '%s: cut at every byte, and into single bytes',
  (_, copy) => {
    const treatments: Treatment[] = ['pseudonym', undefined, 'partial', 'redact', 'derived'];
    const rows = [
      ['ada@example.com', 'x\ty,"z"', '4111 1111 1111 1111', 'a\nb\\', null],
      [null, null, null, null, ''],
    ];
    const pieces = stream({ ...copy, columns: 5 }, [], rows);
    const whole = Buffer.concat(pieces);
    const expected = through(maskFor(copy, treatments), pieces).map(String);
    expect(expected.length).toBe(pieces.length);
    for (let cut = 0; cut <= whole.length; cut += 1) {
      expect(through(maskFor(copy, treatments), [whole.subarray(0, cut), whole.subarray(cut)]).map(String)).toEqual(
        expected,
      );
    }
    const single = [...whole].map((byte) => Buffer.from([byte]));
    expect(through(maskFor(copy, treatments), single).map(String)).toEqual(expected);
  },
);

/** A CopyData message. */
function framed(payload: Uint8Array): Buffer {
  const header = Buffer.from([0x64, 0, 0, 0, 0]);
  header.writeInt32BE(payload.length + 4, 1);
  return Buffer.concat([header, payload]);
}

test('a run of messages is masked as its payloads are one by one', () => {
  fc.assert(
    fc.property(scenario, fc.uint8Array({ maxLength: 4 }), ({ copy, treatments, rows, cuts }, around) => {
      const whole = Buffer.concat(stream(copy, [...treatments.keys()].map(String), rows));
      const at = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b);
      const pieces = [0, ...at].map((start, index) => whole.subarray(start, at[index] ?? whole.length));
      const run = Buffer.concat(pieces.map((piece) => framed(piece)));
      const chunk = Buffer.concat([around, run, around]);
      const mask = maskFor(copy, treatments);
      const masked = new ByteSink(8);
      mask.messages(chunk, around.length, around.length + run.length, masked);
      mask.end();
      expect(masked.finish()).toEqual(
        Buffer.concat(through(maskFor(copy, treatments), pieces).map((row) => framed(row))),
      );
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['another message', Buffer.from('D\0\0\0\x04', 'latin1')],
  ['a message that ends early', framed(Buffer.from('secret\n')).subarray(0, 8)],
  ['a length of less than itself', Buffer.from('d\0\0\0\x03', 'latin1')],
  ['half a header', Buffer.from('d\0\0', 'latin1')],
])('%s in a run of COPY data is refused', (_, bytes) => {
  expect(() => maskFor(text, ['redact']).messages(bytes, 0, bytes.length, new ByteSink(8))).toThrow(SallyportError);
});

test('the header line is not a row', () => {
  const out = through(maskFor({ ...csv, header: true }, ['redact', undefined]), [Buffer.from('"a\n1",b\nsecret,1\n')]);
  expect(out.map(String)).toEqual(['"a\n1",b\n', '[redacted],1\n']);
});

test('a redaction is escaped and quoted as the options ask', () => {
  const brackets = maskFor({ ...text, delimiter: '[' }, ['redact', undefined]);
  expect(String(brackets.push(Buffer.from('secret[1\n'))[0])).toBe('\\[redacted][1\n');
  const forced = maskFor({ ...csv, forceQuote: [0] }, ['redact', 'null']);
  expect(String(forced.push(Buffer.from('secret,2\n'))[0])).toBe('"[redacted]",\n');
});

test('binary values of a type that is not known are emptied', () => {
  const plan = planCopyMask({ ...request(binary, ['redact']), typeOf: undefined });
  if (!plan.ok || !plan.mask) throw new Error('expected a mask');
  const [row] = plan.mask.push(Buffer.concat([fileHeader, writeRow(binary, ['secret'])]));
  expect(row).toEqual(Buffer.concat([fileHeader, writeRow(binary, [null])]));
});

test('plans: nothing to mask, data for the target, what cannot be traced', () => {
  expect(planCopyMask(request(text, [undefined, undefined]))).toEqual({ ok: true });
  expect(planCopyMask(request({ ...text, direction: 'in' }, ['redact']))).toEqual({ ok: true });
  expect(planCopyMask({ ...request(text, ['redact']), shape: 'opaque' })).toMatchObject({ ok: false });
  expect(planCopyMask({ ...request(text, ['redact']), shape: null })).toMatchObject({ ok: false });
  expect(planCopyMask({ ...request(text, ['redact']), copy: { ...text, columns: 2 } })).toMatchObject({ ok: false });
});

test('a row that never ends is not collected for ever', () => {
  const mask = maskFor(text, ['redact'], 1000);
  for (let sent = 0; sent < 1000; sent += 100) expect(mask.push(Buffer.alloc(100, 'x'))).toEqual([]);
  expect(() => mask.push(Buffer.from('x'))).toThrow('longer than 1000 bytes');
});

test('many rows in one message are no long row', () => {
  const mask = maskFor(text, ['redact'], 10);
  expect(mask.push(Buffer.from('secret\n'.repeat(100))).length).toBe(100);
});

const signed = Buffer.concat([fileHeader, writeRow(binary, ['secret', 'x'])]);
const corrupt = (at: number, byte: number): Buffer =>
  Buffer.from(signed.map((old, index) => (index === at ? byte : old)));
test.each<[string, CopyShape, Buffer]>([
  ['a text row with too few columns', text, Buffer.from('secret\n')],
  ['a text row with too many columns', text, Buffer.from('secret\tx\ty\n')],
  ['an end-of-data mark from before protocol 3', text, Buffer.from('\\.\n')],
  ['a CSV row with too few columns', csv, Buffer.from('"secret,x"\n')],
  ['a CSV row that does not end', csv, Buffer.from('"secret",x')],
  ['a CSV quote that does not end', csv, Buffer.from('"secret,x\n')],
  ['a binary file without signature', binary, corrupt(3, 0)],
  ['a binary file with flags', binary, corrupt(13, 1)],
  ['a binary file with an extension', binary, corrupt(18, 4)],
  ['a binary row with too many columns', binary, corrupt(20, 3)],
  ['a binary value of length -2', binary, Buffer.concat([signed.subarray(0, 21), Buffer.from([255, 255, 255, 254])])],
  ['a binary file without trailer', binary, signed],
  ['binary data behind the trailer', binary, Buffer.concat([signed, fileTrailer, fileTrailer])],
])('%s is refused', (_, copy, bytes) => {
  const mask = maskFor(copy, ['redact', undefined]);
  expect(() => through(mask, [bytes])).toThrow(SallyportError);
});
