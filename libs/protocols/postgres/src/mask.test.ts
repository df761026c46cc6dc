import type { ColumnRef, MaskMethod, Obligation, OutputColumn, ResultShape } from '@sallyport/domain';
import { planResultMask, type ResultMaskPlan, type ResultMaskRequest, scrubDiagnostic } from './mask.js';
import type { RowField } from './messages.js';

const column = (name: string, table = 'customers'): ColumnRef => ({
  kind: 'Column',
  resource: 'shop',
  schema: 'public',
  table,
  column: name,
});
const must = (name: string, method: MaskMethod = 'redact'): Obligation => ({
  kind: 'mask',
  column: column(name),
  method,
});
const direct = (name: string): OutputColumn => ({ direct: true, sources: [column(name)] });
const derived = (...names: string[]): OutputColumn => ({ direct: false, sources: names.map((name) => column(name)) });
const rows = (...columns: OutputColumn[]): ResultShape => ({ form: 'rows', columns });
const field = (change: Partial<RowField> = {}): RowField => ({
  name: 'c',
  tableOid: 0,
  attnum: 0,
  typeOid: 25,
  typeModifier: -1,
  format: 0,
  ...change,
});

function plan(request: Partial<ResultMaskRequest>): ResultMaskPlan {
  return planResultMask({
    shape: null,
    obligations: [],
    fields: [],
    pseudonymKey: new Uint8Array(32),
    ...request,
  });
}

/** The cells that a row of values turns into under a plan. */
function masked(outcome: ResultMaskPlan, ...values: (string | null)[]): (string | null)[] {
  if (!outcome.ok) throw new Error(outcome.reason);
  if (!outcome.mask) return values;
  const parts = values.map((value) => {
    const bytes = Buffer.from(value ?? '');
    const length = Buffer.alloc(4);
    length.writeInt32BE(value === null ? -1 : bytes.length);
    return Buffer.concat([length, bytes]);
  });
  const body = Buffer.concat([Buffer.from([0, values.length]), ...parts]);
  const header = Buffer.from([0x44, 0, 0, 0, body.length + 4]);
  const out = outcome.mask.row(Buffer.concat([header, body]));
  let at = 7;
  return values.map(() => {
    const length = out.readInt32BE(at);
    at += 4 + Math.max(length, 0);
    return length < 0 ? null : out.toString('utf8', at - length, at);
  });
}

test('columns without masked sources pass untouched', () => {
  const outcome = plan({
    shape: rows(direct('id'), derived('id', 'name')),
    obligations: [must('ssn')],
    fields: [field(), field()],
  });
  expect(outcome).toEqual({ ok: true });
});

test('a masked column gets its method, a value derived from it is hidden whole', () => {
  const shape = rows(direct('id'), direct('ssn'), derived('id', 'ssn'), derived('ssn'));
  const fields = [field(), field(), field(), field({ typeOid: 23 })];
  const outcome = plan({ shape, fields, obligations: [must('ssn', 'partial')] });
  expect(masked(outcome, '1', '123-45-6789', '1 123-45-6789', '123')).toEqual(['1', '****6789', '[redacted]', null]);
});

test('NULL stays NULL in a column of its own, and does not show through an expression', () => {
  const shape = rows(direct('ssn'), derived('ssn'));
  const outcome = plan({ shape, fields: [field(), field()], obligations: [must('ssn')] });
  expect(masked(outcome, null, null)).toEqual([null, '[redacted]']);
});

test('a column with several sources is not one column, whatever it says of itself', () => {
  const shape = rows({ direct: true, sources: [column('ssn'), column('name')] });
  const outcome = plan({ shape, fields: [field()], obligations: [must('ssn', 'partial')] });
  expect(masked(outcome, '123-45-6789')).toEqual(['[redacted]']);
});

test('of two methods for one column the stricter counts', () => {
  const obligations = [must('ssn', 'pseudonym'), must('ssn', 'null'), must('ssn', 'partial')];
  expect(masked(plan({ shape: rows(direct('ssn')), fields: [field()], obligations }), '123-45-6789')).toEqual([null]);
});

test.each<[string, Partial<ResultMaskRequest>]>([
  ['an opaque result', { shape: 'opaque', fields: [field()] }],
  ['more columns than traced', { shape: rows(direct('id')), fields: [field(), field()] }],
  ['fewer columns than traced', { shape: rows(direct('id'), direct('ssn')), fields: [field()] }],
  ['rows where none were expected', { shape: null, fields: [field()] }],
])('%s cannot be masked', (_, request) => {
  expect(plan({ ...request, obligations: [must('ssn')] })).toMatchObject({ ok: false });
  expect(plan(request)).toEqual({ ok: true });
});

test('a masked column that the server reports and the trace missed is hidden', () => {
  const resolve = (oid: number, attnum: number): ColumnRef | undefined =>
    oid === 7 ? column(attnum === 1 ? 'id' : 'ssn') : undefined;
  const fields = [
    field({ tableOid: 7, attnum: 2 }),
    field({ tableOid: 7, attnum: 1 }),
    field({ tableOid: 8, attnum: 2 }),
  ];
  const shape = rows(direct('id'), direct('id'), direct('id'));
  const obligations = [must('ssn', 'partial')];
  expect(masked(plan({ shape, fields, obligations, resolve }), '123-45-6789', '1', '2')).toEqual([
    '[redacted]',
    '1',
    '2',
  ]);
});

test('a text type that an extension made is masked as text when the catalog says so, and emptied otherwise', () => {
  const request = {
    shape: rows(direct('ssn')),
    fields: [field({ typeOid: 99_999 })],
    obligations: [must('ssn', 'partial')],
  };
  expect(masked(plan({ ...request, textTypes: new Set([99_999]) }), '123-45-6789')).toEqual(['****6789']);
  expect(masked(plan(request), '123-45-6789')).toEqual([null]);
});

test('a scrubbed diagnostic keeps its kind and nothing of its content', () => {
  const secret = '123-45-6789';
  const fields = Object.fromEntries([...'SVCMDHPpqWstcdnFLRX'].map((code) => [code, secret]));
  const scrubbed = scrubDiagnostic({ ...fields, S: 'FEHLER', V: 'ERROR', C: '22P02', P: '8' });
  expect(scrubbed).toEqual({ S: 'ERROR', V: 'ERROR', C: '22P02', P: '8', M: expect.any(String) as string });
  expect(JSON.stringify(scrubDiagnostic(fields))).not.toContain(secret.slice(0, 6));
  expect(scrubDiagnostic({ V: 'NOTICE', C: '00000', M: secret })).toMatchObject({ S: 'NOTICE', C: '00000' });
});
