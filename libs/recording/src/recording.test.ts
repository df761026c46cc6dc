import fc from 'fast-check';
import { FrameBuffer, readRecording, RecordingWriter, type Frame, type RecordingItem } from './index.js';
import { MemoryRecording, sampleDecision, sampleSession } from './testing-recording.js';

async function read(source: Iterable<Uint8Array>): Promise<RecordingItem[]> {
  const items: RecordingItem[] = [];
  for await (const item of readRecording(source)) items.push(item);
  return items;
}

function frames(items: readonly RecordingItem[]): Frame[] {
  return items.flatMap((item) => (item.kind === 'frame' ? [item.frame] : []));
}

const anyText = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 300 }), fc.constant('x\\"\n'.repeat(100)));

function small(): Buffer {
  const recording = new MemoryRecording();
  recording.writer.open(sampleSession);
  recording.writer.decision(sampleDecision(1));
  recording.writer.response(Buffer.from('answer'));
  recording.seal();
  recording.writer.note('held', { approvalId: 'a', seq: 2 });
  recording.writer.outcome(1, 'SELECT 1');
  recording.writer.close('the client left');
  recording.seal();
  return recording.bytes;
}

test('what is written is read back, in order', async () => {
  const items = await read([small()]);
  const kept = frames(items);
  expect(kept.map((frame) => frame.kind)).toEqual(['open', 'decision', 'response', 'note', 'outcome', 'close']);
  expect(kept[0]).toMatchObject({ session: sampleSession });
  expect(kept[1]).toMatchObject({
    decision: {
      id: `${sampleSession.id}.1`,
      seq: 1,
      phase: 'execute',
      kind: 'SELECT',
      text: 'select 1',
      effects: [{ verb: 'select', object: 'shop/public.orders', columns: ['id'] }],
      effect: 'permit',
      reasons: [{ code: 'permitted', policy: 'ci-on-shop' }],
      policyRevision: 7,
    },
  });
  expect(kept[3]).toMatchObject({ name: 'held', detail: { approvalId: 'a', seq: 2 } });
  expect(kept[5]).toMatchObject({ reason: 'the client left', interrupted: false });
  expect(items.at(-1)).toMatchObject({ kind: 'end', truncated: false });
  for (const frame of kept) expect(Math.abs(frame.time / 1000 - Date.now())).toBeLessThan(60_000);
});

test('texts and parameters are read back as they were, whatever statements have in common', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(anyText, fc.array(fc.option(anyText)))), async (requests) => {
      const recording = new MemoryRecording();
      const like = sampleDecision(0);
      const denied = sampleDecision(0, '', 'deny').decision;
      requests.forEach(([text, parameters], seq) => {
        const decision = seq % 3 === 0 ? denied : like.decision;
        const action = { ...like.action, text, kind: seq % 2 === 0 ? 'SELECT' : 'SHOW' };
        recording.writer.decision({ ...like, seq, action, decision, parameters });
      });
      recording.seal();
      const kept = frames(await read([recording.bytes])).map((frame) => frame.kind === 'decision' && frame.decision);
      expect(kept).toEqual(
        requests.map(([text, parameters], seq) =>
          expect.objectContaining({
            ...{ seq, text, parameters, kind: seq % 2 === 0 ? 'SELECT' : 'SHOW' },
            effect: seq % 3 === 0 ? 'deny' : 'permit',
          }),
        ),
      );
    }),
    { numRuns: 50 },
  );
});

test('cut at any byte, it yields the whole frames before the cut and says that it is cut', async () => {
  const whole = small();
  const ends = new Set<number>([0]);
  for (const item of await read([whole])) if (item.kind !== 'end') ends.add(item.offset + item.raw.length);
  for (let cut = 0; cut <= whole.length; cut += 1) {
    const items = await read([whole.subarray(0, cut)]);
    const end = items.at(-1)!;
    const before = [...ends].filter((offset) => offset <= cut);
    expect(end).toMatchObject({ kind: 'end', offset: Math.max(...before), truncated: !ends.has(cut) });
    expect(items).toHaveLength(before.length);
  }
});

test('how the bytes arrive makes no difference', async () => {
  const whole = small();
  const expected = frames(await read([whole]));
  for (const size of [1, 2, 3, 7, 13, 59, 61, 1000]) {
    const chunks: Buffer[] = [];
    for (let at = 0; at < whole.length; at += size) chunks.push(whole.subarray(at, at + size));
    expect(frames(await read(chunks))).toEqual(expected);
  }
});

test('any text, parameters and bytes come back as they were', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('response' as const), bytes: fc.uint8Array({ maxLength: 700 }) }),
    fc.record({ kind: fc.constant('request' as const), bytes: fc.uint8Array({ maxLength: 40_000 }) }),
    fc.record({
      kind: fc.constant('decision' as const),
      text: fc.string({ unit: 'binary', maxLength: 3000 }),
      parameters: fc.option(fc.array(fc.option(fc.string())), { nil: undefined }),
    }),
    fc.record({ kind: fc.constant('seal' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      // A buffer smaller than some frames, so that every way to the sink is taken.
      const recording = new MemoryRecording(new FrameBuffer(2048));
      recording.writer.open(sampleSession);
      const expected: unknown[] = [];
      for (const [index, entry] of steps.entries()) {
        if (entry.kind === 'seal') recording.seal();
        else if (entry.kind === 'decision') {
          recording.writer.decision({ ...sampleDecision(index, entry.text), parameters: entry.parameters });
          expected.push({ text: entry.text, parameters: entry.parameters });
        } else {
          recording.writer[entry.kind](entry.bytes);
          if (entry.bytes.length > 0) expected.push(`${entry.kind} ${Buffer.from(entry.bytes).toString('hex')}`);
        }
      }
      recording.seal();
      const kept = frames(await read([recording.bytes])).slice(1);
      const seen = kept.map((frame) =>
        'bytes' in frame
          ? `${frame.kind} ${frame.bytes.toString('hex')}`
          : frame.kind === 'decision' && { text: frame.decision.text, parameters: frame.decision.parameters },
      );
      expect(seen).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test('bytes larger than a frame are split and lose nothing', async () => {
  const recording = new MemoryRecording();
  const large = Buffer.alloc(700_000, 'abcdefg');
  recording.writer.response(large);
  recording.seal();
  const parts = frames(await read([recording.bytes])).map((frame) =>
    'bytes' in frame ? frame.bytes : Buffer.alloc(0),
  );
  expect(parts.length).toBe(3);
  expect(Buffer.concat(parts).equals(large)).toBe(true);
});

test.each([1, 2])('CP-10: sessions that share a buffer never mix (%i pages)', (pages) => {
  const buffer = new FrameBuffer(4096, pages);
  const kept = new Map<string, Buffer[]>([
    ['a', []],
    ['b', []],
  ]);
  const writer = (name: string): RecordingWriter =>
    new RecordingWriter(buffer, {
      append: (first, rest) => kept.get(name)!.push(Buffer.from(first), Buffer.from(rest ?? [])),
    });
  const a = writer('a');
  const b = writer('b');
  for (let index = 0; index < 500; index += 1) {
    a.response(Buffer.from(`a${index}`));
    b.response(Buffer.from(`b${index}`));
  }
  a.flush();
  b.flush();
  for (const name of ['a', 'b']) {
    const text = Buffer.concat(kept.get(name)!).toString('latin1');
    expect(text.match(/[ab]\d+/g)).toEqual(Array.from({ length: 500 }, (_, index) => `${name}${index}`));
  }
});

test('after one failure every flush fails, also when another session noticed it', () => {
  const buffer = new FrameBuffer(4096, 1);
  let broken = true;
  const failing = new RecordingWriter(buffer, {
    append: () => {
      if (broken) throw new Error('no space left');
    },
  });
  const other = new RecordingWriter(buffer, { append: () => undefined });
  failing.response(Buffer.from('x'));
  expect(() => other.response(Buffer.from('y'))).not.toThrow();
  broken = false;
  expect(() => failing.flush()).toThrow('no space left');
  expect(() => failing.flush()).toThrow('no space left');
  expect(() => other.flush()).not.toThrow();
});

test('random bytes are damage or a cut, never an exception', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (noise) => {
      const whole = small();
      const items = await read([whole, noise]);
      const end = items.at(-1)!;
      expect(end.kind).toBe('end');
      expect(items.filter((item) => item.kind === 'frame').length).toBeGreaterThanOrEqual(6);
    }),
  );
});
