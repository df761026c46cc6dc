import { createRequire } from 'node:module';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ColumnRef, MaskMethod, Obligation, ResultShape } from '@sallyport/domain';
import { Pseudonyms } from '@sallyport/masking';
import type { CopyShape } from '@sallyport/sql';
import { CanaryScanner, makeCanary, type PostgresServer, startPostgres } from '@sallyport/testing';
import pg from 'pg';
import { planCopyMask, planResultMask, type RowMask } from '../mask.js';
import type { FormatCode, RowField } from '../messages.js';

/** Real servers and a real driver around the masks: what they send must be understood, what we send must be accepted. */
const copyStreams = createRequire(import.meta.url)('pg-copy-streams') as {
  to(sql: string): pg.Submittable & Readable;
  from(sql: string): pg.Submittable & Writable;
};

const pseudonymKey = new Uint8Array(32).fill(3);
const pseudonyms = new Pseudonyms(pseudonymKey);
const canaries = [makeCanary('matrix'), makeCanary('people')];
const scanner = new CanaryScanner(canaries);
const canary = canaries[0]!.token;
const uuid = '550e8400-e29b-41d4-a716-446655440000';

/** Column type and a value of it, as SQL. */
const matrix: readonly (readonly [type: string, value: string])[] = [
  ['text', `'${canary}'`],
  ['varchar(60)', `'${canary}'`],
  ['char(40)', `'${canary}'`],
  ['name', `'${canary}'`],
  ['mail', `'${canary}@example.com'`],
  ['"char"', `'x'`],
  ['int2', '12345'],
  ['int4', '123456789'],
  ['int8', '1234567890123456789'],
  ['float4', '1.25e10'],
  ['float8', '1.23456789e100'],
  ['numeric', '123456.789'],
  ['money', '12345.67'],
  ['bool', 'true'],
  ['date', `'1985-10-26'`],
  ['time', `'01:21:00'`],
  ['timetz', `'01:21:00+00'`],
  ['timestamp', `'1985-10-26 01:21:00'`],
  ['timestamptz', `'1985-10-26 01:21:00+00'`],
  ['interval', `'3 days 04:05:06'`],
  ['uuid', `'${uuid}'`],
  ['bytea', `'${canary}'`],
  ['inet', `'192.168.100.200/24'`],
  ['cidr', `'192.168.100.0/24'`],
  ['macaddr', `'08:00:2b:01:02:03'`],
  ['json', `'{"k": "${canary}"}'`],
  ['jsonb', `'{"k": "${canary}"}'`],
  ['xml', `'<k>${canary}</k>'`],
  ['bit(16)', `B'1010101010101010'`],
  ['varbit', `B'10101010101010101'`],
  ['point', `'(1.5,2.5)'`],
  ['text[]', `array['${canary}']`],
  ['int4[]', 'array[123456789]'],
  ['pair', `('${canary}', 7)`],
  ['int4range', `'[1000,2000)'`],
  ['mood', `'cheerful'`],
  ['small', '1234'],
  ['tsvector', `'${canary}'`],
  ['oid', '123456'],
];
const textual = new Set(['text', 'varchar(60)', 'char(40)', 'name', 'mail']);
const json = new Set(['json', 'jsonb']);

const columnRef = (table: string, column: string): ColumnRef => ({
  kind: 'Column',
  resource: 'shop',
  schema: 'public',
  table,
  column,
});

let server: PostgresServer;
let direct: pg.Client;
beforeAll(async () => {
  server = await startPostgres({ version: '18' });
  direct = new pg.Client({ connectionString: server.url });
  await direct.connect();
  await direct.query(`create type mood as enum ('cheerful', 'glum'); create domain mail as text check (value like '%');
    create domain small as int2; create type pair as (a text, b int)`);
  await direct.query(`create table matrix (${matrix.map(([type], index) => `c${index} ${type}`).join(', ')})`);
  await direct.query(
    `insert into matrix values (${matrix.map(([, value]) => value).join(', ')}), (${matrix.map(() => 'null').join(', ')})`,
  );
}, 60_000);
afterAll(async () => {
  await direct.end();
  await server.stop();
});

interface Seen {
  fields: RowField[];
  readonly originals: (Buffer | null)[][];
  readonly masked: (Buffer | null)[][];
  toClient: Buffer;
}

/** Stands between driver and server and masks every column of every result with one method. */
function maskingProxy(method: MaskMethod, isDirect: boolean, seen: Seen): Promise<Server> {
  const proxy = createServer((client) => {
    const upstream = connect(server.port, server.host);
    client.on('error', () => upstream.destroy()).pipe(upstream);
    upstream.on('error', () => client.destroy()).on('end', () => client.end());
    let pending = Buffer.alloc(0);
    let mask: RowMask | undefined;
    upstream.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 5 && pending.length > pending.readInt32BE(1)) {
        let message = Buffer.from(pending.subarray(0, 1 + pending.readInt32BE(1)));
        pending = pending.subarray(message.length);
        if (message[0] === 0x54) {
          seen.fields = readFields(message);
          mask = planFor(seen.fields, method, isDirect);
        } else if (message[0] === 0x44 && mask) {
          seen.originals.push(readCells(Buffer.from(message)));
          message = Buffer.from(mask.row(message));
          seen.masked.push(readCells(message));
        }
        seen.toClient = Buffer.concat([seen.toClient, message]);
        client.write(message);
      }
    });
  });
  return new Promise((resolve) => proxy.listen(0, '127.0.0.1', () => resolve(proxy)));
}

function planFor(fields: readonly RowField[], method: MaskMethod, isDirect: boolean): RowMask {
  const refs = fields.map(({ name }) => columnRef('matrix', name));
  const shape: ResultShape = { form: 'rows', columns: refs.map((ref) => ({ direct: isDirect, sources: [ref] })) };
  const obligations = refs.map((column): Obligation => ({ kind: 'mask', column, method }));
  const plan = planResultMask({ shape, obligations, fields, pseudonymKey });
  if (!plan.ok || !plan.mask) throw new Error('expected a mask');
  return plan.mask;
}

function readFields(message: Buffer): RowField[] {
  let at = 7;
  return Array.from({ length: message.readInt16BE(5) }, () => {
    const end = message.indexOf(0, at);
    const name = message.toString('utf8', at, end);
    at = end + 19;
    return {
      name,
      tableOid: message.readUInt32BE(end + 1),
      attnum: message.readInt16BE(end + 5),
      typeOid: message.readUInt32BE(end + 7),
      typeModifier: message.readInt32BE(end + 13),
      format: message.readInt16BE(end + 17) as FormatCode,
    };
  });
}

function readCells(message: Buffer): (Buffer | null)[] {
  let at = 7;
  return Array.from({ length: message.readInt16BE(5) }, () => {
    const length = message.readInt32BE(at);
    at += 4 + Math.max(length, 0);
    return length < 0 ? null : message.subarray(at - length, at);
  });
}

const methods: MaskMethod[] = ['redact', 'partial', 'pseudonym', 'null'];
const combinations = methods.flatMap((method) =>
  (['text', 'binary'] as const).flatMap((format) =>
    [true, false].map((isDirect) => [method, format, isDirect] as const),
  ),
);

interface Asked {
  readonly seen: Seen;
  readonly rows: readonly Record<string, unknown>[];
}
async function ask(sql: string, format: 'text' | 'binary', method: MaskMethod, isDirect: boolean): Promise<Asked> {
  const seen: Seen = { fields: [], originals: [], masked: [], toClient: Buffer.alloc(0) };
  const proxy = await maskingProxy(method, isDirect, seen);
  const { port } = proxy.address() as AddressInfo;
  const { user, password, database } = server;
  const client = new pg.Client({ host: '127.0.0.1', port, user, password, database });
  await client.connect();
  // The driver asks for binary results in the extended protocol only.
  const query = { text: sql, queryMode: 'extended', binary: format === 'binary' };
  const { rows } = await client.query<Record<string, unknown>>(query);
  await client.end();
  proxy.close();
  return { seen, rows };
}

test.each(combinations)(
  '%s, %s format, direct %s: every type stays readable and shows nothing',
  async (method, format, isDirect) => {
    const { seen, rows } = await ask('select * from matrix', format, method, isDirect);
    expect(seen.fields.map((field) => field.format)).toEqual(matrix.map(() => (format === 'binary' ? 1 : 0)));
    expect(scanner.scan(seen.toClient)).toEqual([]);
    expect(rows.length).toBe(2);
    for (const [index, [type]] of matrix.entries()) {
      const [value, ofNull] = [seen.masked[0]![index]!, seen.masked[1]![index]!];
      const keepsText = textual.has(type) && (isDirect ? method !== 'null' : true);
      const keepsJson = json.has(type) && (isDirect ? method !== 'null' : true);
      const keepsUuid = type === 'uuid' && isDirect && method === 'pseudonym';
      expect([type, value !== null]).toEqual([type, keepsText || keepsJson || keepsUuid]);
      expect([type, ofNull === null]).toEqual([type, isDirect || value === null]);
      if (value === null) {
        expect(rows[0]![`c${index}`]).toBeNull();
        continue;
      }
      expect(value.equals(seen.originals[0]![index]!)).toBe(false);
      // The server itself is the judge of what is a valid value of the type, in either format.
      const parameter = format === 'binary' ? value : value.toString();
      const accepted = await direct.query<{ ok: boolean }>(`select ($1::${type}) is not null as ok`, [parameter]);
      expect(accepted.rows).toEqual([{ ok: true }]);
    }
  },
);

test('a pseudonym does not depend on the format or the text type', async () => {
  const sql = 'select c0, c1, c2, c20 from matrix';
  const [inText, inBinary] = await Promise.all([
    ask(sql, 'text', 'pseudonym', true),
    ask(sql, 'binary', 'pseudonym', true),
  ]);
  const [text, varchar, char, uuidText] = inText.seen.masked[0]!.map(String);
  expect(varchar).toBe(text);
  expect(char).toBe(text);
  const [binaryText, , , binaryUuid] = inBinary.seen.masked[0]!;
  expect(String(binaryText)).toBe(text);
  expect(binaryUuid!.toString('hex')).toBe(uuidText!.replaceAll('-', ''));
});

const people = [
  ['1', `${canaries[1]!.token}@example.com`, `4111-${canaries[1]!.token}`, 'plain', uuid, '12.50', '{"a": 1}'],
  ['2', 'no mail', 'short', 'tab\tnewline\nquote"comma,backslash\\ \\N \\.', null, null, null],
  ['3', null, null, '', uuid, '0', '[]'],
  ['4', 'ünïcödé@example.com', 'Ünïcödé-日本語-0042', null, uuid, '-1', '"x"'],
] as const;
const columns = ['id', 'email', 'card', 'note', 'ref', 'amount', 'doc'];
const oids: Readonly<Record<string, number>> = {
  id: 23,
  email: 25,
  card: 25,
  note: 25,
  ref: 2950,
  amount: 1700,
  doc: 3802,
};
const copyMethods: Readonly<Record<string, MaskMethod>> = {
  email: 'pseudonym',
  card: 'partial',
  ref: 'pseudonym',
  amount: 'redact',
  doc: 'redact',
};
const textCopy: CopyShape = {
  direction: 'out',
  format: 'text',
  columns: columns.length,
  delimiter: '\t',
  quote: '"',
  escape: '"',
  nullText: '\\N',
  header: false,
  forceQuote: [],
};
const csvCopy: CopyShape = { ...textCopy, format: 'csv', delimiter: ',', nullText: '' };
const copies: readonly (readonly [options: string, copy: CopyShape])[] = [
  ['format text', textCopy],
  [`format text, delimiter '[', null 'nil', header`, { ...textCopy, delimiter: '[', nullText: 'nil', header: true }],
  ['format csv', csvCopy],
  [
    `format csv, header, delimiter ';', quote '''', escape '\\', null 'NULL', force_quote *`,
    {
      ...csvCopy,
      header: true,
      delimiter: ';',
      quote: "'",
      escape: '\\',
      nullText: 'NULL',
      forceQuote: columns.map((_, index) => index),
    },
  ],
  ['format binary', { ...textCopy, format: 'binary' }],
];

function expectedPerson(person: (typeof people)[number]): (string | null)[] {
  const [id, email, card, note, ref, , doc] = person;
  const pseudonym = (text: string): string => pseudonyms.text(Buffer.from(text), 0, Buffer.byteLength(text)).toString();
  const refBytes = Buffer.from((ref ?? uuid).replaceAll('-', ''), 'hex');
  const hex = pseudonyms.uuid(refBytes, 0, 16).toString('hex');
  return [
    id,
    email && pseudonym(email),
    card && (card.length < 10 ? '[redacted]' : `****${card.slice(-4)}`),
    note,
    ref && hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    null,
    doc && '"[redacted]"',
  ];
}

test.each(copies)('COPY (%s) comes out masked, and goes back in as what it says', async (options, copy) => {
  await direct.query(`drop table if exists people, loaded; create table people (id int, email text, card text, note text,
    ref uuid, amount numeric, doc jsonb); create table loaded (like people)`);
  for (const person of people)
    await direct.query('insert into people values ($1, $2, $3, $4, $5, $6, $7)', [...person]);
  const refs = columns.map((name) => columnRef('people', name));
  const plan = planCopyMask({
    copy,
    shape: { form: 'copy', columns: refs.map((ref) => ({ direct: true, sources: [ref] })) },
    obligations: refs.flatMap((column) => {
      const method = copyMethods[column.column];
      return method ? [{ kind: 'mask' as const, column, method }] : [];
    }),
    pseudonymKey,
    typeOf: ({ column }) => oids[column],
  });
  if (!plan.ok || !plan.mask) throw new Error('expected a mask');

  const masked: Buffer[] = [];
  for await (const chunk of direct.query(copyStreams.to(`copy people to stdout with (${options})`))) {
    // Three bytes at a time: no message of the stream needs to be a row.
    const bytes = chunk as Buffer;
    for (let at = 0; at < bytes.length; at += 3)
      masked.push(...plan.mask.push(Buffer.from(bytes.subarray(at, at + 3))));
  }
  masked.push(...plan.mask.end());
  expect(scanner.scan(Buffer.concat(masked))).toEqual([]);

  const load = options.replace(/, force_quote \*/, '');
  await pipeline(masked, direct.query(copyStreams.from(`copy loaded from stdin with (${load})`)));
  const loaded = await direct.query({
    text: 'select id::text, email, card, note, ref::text, amount::text, doc::text from loaded order by id',
    rowMode: 'array',
  });
  expect(loaded.rows).toEqual(people.map(expectedPerson));
});
