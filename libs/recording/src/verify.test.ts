import { createHash } from 'node:crypto';
import { verifyRecording, type Expectations, type VerifyCode } from './index.js';
import { MemoryRecording, sampleDecision, sampleSession } from './testing-recording.js';

function recording(): MemoryRecording {
  const made = new MemoryRecording();
  made.writer.open(sampleSession);
  made.writer.decision(sampleDecision(1));
  made.writer.outcome(1, 'SELECT 1');
  made.seal();
  made.writer.decision(sampleDecision(2, 'drop table orders', 'deny'));
  made.seal();
  made.writer.response(Buffer.from('bye'));
  made.writer.close('the client left');
  made.seal();
  return made;
}

async function codes(bytes: readonly Buffer[], expected?: Expectations): Promise<VerifyCode[]> {
  return (await verifyRecording(bytes, expected)).issues.map((issue) => issue.code);
}

test('an untouched recording is whole, and its chain is the published formula', async () => {
  const made = recording();
  const sha = (...parts: (Buffer | string)[]): Buffer =>
    parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
  const byHand = made.segments.reduce((chain, segment) => sha(chain, sha(segment)), sha(sampleSession.id));
  const report = await verifyRecording([made.bytes], {
    sessionId: sampleSession.id,
    chain: byHand.toString('hex'),
    digests: made.segments.map((segment) => sha(segment).toString('hex')),
  });
  expect(report).toEqual({
    ok: true,
    sessionId: sampleSession.id,
    segments: 3,
    decisions: 2,
    chain: byHand.toString('hex'),
    interrupted: false,
    issues: [],
  });
});

test('flipping any single bit is noticed', async () => {
  const made = recording();
  for (let index = 0; index < made.bytes.length; index += 1) {
    const bytes = Buffer.from(made.bytes);
    bytes[index]! ^= 1 << (index % 8);
    const report = await verifyRecording([bytes], { chain: made.chain });
    expect({ index, ok: report.ok }).toEqual({ index, ok: false });
  }
});

test('without the stored chain a change before the last segment is still noticed', async () => {
  const made = recording();
  const upTo = made.segments[0]!.length + made.segments[1]!.length;
  for (let index = 0; index < upTo; index += 1) {
    const bytes = Buffer.from(made.bytes);
    bytes[index]! ^= 0x10;
    expect({ index, ok: (await verifyRecording([bytes])).ok }).toEqual({ index, ok: false });
  }
});

test('CP-07: loss, reordering, repetition and foreign segments are told apart', async () => {
  const made = recording();
  const [first, second, third] = made.segments as [Buffer, Buffer, Buffer];
  expect(await codes([first, third])).toContain('segment-missing');
  expect(await codes([second, first, third])).toContain('segment-order');
  expect(await codes([first, second, second, third])).toContain('segment-order');
  expect(await codes([first, second])).toEqual(['not-closed']);
  expect(await codes([second, third])).toEqual(expect.arrayContaining(['segment-missing', 'not-opened']));
  expect(await codes([made.bytes], { sessionId: '00000000-0000-4000-8000-000000000000' })).toContain('wrong-session');
  expect(await codes([made.bytes.subarray(0, -1)])).toEqual(expect.arrayContaining(['truncated', 'not-closed']));
  expect(await codes([])).toEqual(['empty']);
  expect(await codes([Buffer.from('not a recording at all')])).toContain('damaged');
});

test('an exchange that ran without a decision that let it is an issue', async () => {
  const made = new MemoryRecording();
  made.writer.open(sampleSession);
  made.writer.decision(sampleDecision(2, 'delete from orders', 'deny'));
  made.writer.outcome(2, 'DELETE 3');
  made.writer.decision(sampleDecision(1));
  made.writer.close('end');
  made.writer.note('late', {});
  made.seal();
  expect(await codes([made.bytes])).toEqual(['outcome-without-permit', 'decision-order', 'after-close']);
});

test('a recording that a later process had to end says so', async () => {
  const made = new MemoryRecording();
  made.writer.open(sampleSession);
  made.writer.close('the gateway stopped', true);
  made.seal();
  expect(await verifyRecording([made.bytes])).toMatchObject({ ok: true, interrupted: true });
});
