import { exportJsonl, exportTranscript } from '../index.js';
import { MemoryRecording, sampleDecision, sampleSession } from '../testing-recording.js';

/** Backend messages built by hand from the PostgreSQL documentation, 54.7. */
function message(type: string, ...parts: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const u32 = (value: number): Buffer => Buffer.from([0, 0, value >> 8, value & 255]);
const field = (name: string, typeOid: number, format = 0): Buffer =>
  Buffer.concat([Buffer.from(`${name}\0`), u32(0), u16(0), u32(typeOid), u16(4), u32(0), u16(format)]);
const row = (...values: (Buffer | string | null)[]): Buffer =>
  message(
    'D',
    u16(values.length),
    ...values.map((value) =>
      value === null
        ? Buffer.from([255, 255, 255, 255])
        : Buffer.concat([u32(Buffer.from(value).length), Buffer.from(value)]),
    ),
  );
const ready = message('Z', 'I');

async function transcript(responses: readonly Buffer[]): Promise<string[]> {
  const made = new MemoryRecording();
  made.writer.open(sampleSession);
  made.writer.decision({ ...sampleDecision(1, 'select id\nfrom orders'), parameters: ['1', null] });
  for (const response of responses) made.writer.response(response);
  made.writer.outcome(1, 'SELECT 2');
  made.writer.close('the client left');
  made.seal();
  const lines: string[] = [];
  for await (const line of exportTranscript([made.bytes])) lines.push(line);
  return lines;
}

test('a session reads as who, what was asked, what was decided and what the client saw', async () => {
  const answer = Buffer.concat([
    message('T', u16(2), field('id', 23), field('email', 25)),
    row('1', 'p_00aa'),
    row('20', null),
    message('C', 'SELECT 2\0'),
    ready,
  ]);
  const lines = (await transcript([answer])).map((line) => line.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, 'TIME'));
  expect(lines).toEqual([
    `-- TIME session ${sampleSession.id}: ServiceAccount::ci on shop (postgres) through local from 127.0.0.1`,
    '',
    '> select id',
    '> from orders',
    '>   $1 = "1", $2 = NULL',
    '-- TIME exchange 1 execute: permit (permitted ci-on-shop), policy revision 7',
    ' id | email',
    '----+--------',
    ' 1  | p_00aa',
    ' 20 | NULL',
    'SELECT 2',
    '-- TIME exchange 1: SELECT 2',
    '-- TIME closed: the client left',
  ]);
});

test('messages split at every byte render the same', async () => {
  const answer = Buffer.concat([
    message('N', 'SNOTICE\0C00000\0Mwaiting for approval\0Hask dba\0\0'),
    message('T', u16(1), field('n', 23, 1)),
    row(Buffer.from([0, 0, 1, 0])),
    message('C', 'SELECT 1\0'),
    message('E', 'SERROR\0C42501\0Mblocked by access policy\0Ddecision 1\0\0'),
    ready,
  ]);
  const whole = (await transcript([answer])).filter((line) => !line.includes('-- '));
  expect(whole.slice(4)).toEqual([
    'NOTICE:  00000: waiting for approval',
    'HINT:  ask dba',
    ' n',
    '-----',
    ' 256',
    'SELECT 1',
    'ERROR:  42501: blocked by access policy',
    'DETAIL:  decision 1',
  ]);
  for (let cut = 1; cut < answer.length; cut += 1) {
    const split = await transcript([answer.subarray(0, cut), answer.subarray(cut)]);
    expect(split.filter((line) => !line.includes('-- '))).toEqual(whole);
  }
});

test('CP-06: terminal escapes and direction overrides in recorded data are shown, not obeyed', async () => {
  const answer = Buffer.concat([
    message('T', u16(1), field('\u001b[2J', 25)),
    row('\u001b]0;owned\u0007\u202Etxt'),
    message('C', 'SELECT 1\0'),
  ]);
  const text = (await transcript([answer])).join('\n');
  expect(text).not.toMatch(/[\u001b\u0007\u202e]/);
  expect(text).toContain('\\x1b]0;owned\\x07\\u{202e}txt');
});

test('lying lengths cost a line, not the transcript', async () => {
  const lines = await transcript([message('T', u16(9), 'x'), message('D', u16(3)), message('C', 'SELECT 1\0')]);
  expect(lines.filter((line) => line.includes('malformed'))).toHaveLength(2);
  expect(lines).toContain('SELECT 1');
  expect((await transcript([Buffer.from([0x44, 0, 0, 0, 1])])).join()).toContain('no PostgreSQL message');
});

test('an empty result shows its columns', async () => {
  const lines = await transcript([message('T', u16(1), field('id', 23)), message('C', 'SELECT 0\0')]);
  expect(lines).toContain(' id');
});

test('the export keeps every frame as one JSON object a line', async () => {
  const made = new MemoryRecording();
  made.writer.open(sampleSession);
  made.writer.response(Buffer.from([0, 255]));
  made.seal();
  const lines: Record<string, unknown>[] = [];
  for await (const line of exportJsonl([made.bytes])) lines.push(JSON.parse(line) as Record<string, unknown>);
  expect(lines.map((line) => line['kind'])).toEqual(['segment', 'open', 'response', 'end']);
  expect(lines[2]).toMatchObject({ base64: 'AP8=' });
  expect(String(lines[2]!['at'])).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
});
