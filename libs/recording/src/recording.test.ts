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
      const like = sampleDecision(0);
      for (const [index, entry] of steps.entries()) {
        if (entry.kind === 'seal') recording.seal();
        else if (entry.kind === 'decision') {
          const action = { ...like.action, text: entry.text };
          recording.writer.decision({ ...like, seq: index, action, parameters: entry.parameters });
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

test('what is like an earlier decision of its segment takes a few bytes, and each segment can be read alone', async () => {
  const recording = new MemoryRecording();
  const like = sampleDecision(0);
  const sizes: number[] = [];
  for (let segment = 0; segment < 3; segment += 1) {
    for (let at = 0; at < 100; at += 1) {
      const seq = segment * 100 + at;
      const action = at % 2 === 0 ? like.action : { ...like.action, text: `select ${seq}` };
      const phase = at % 3 === 0 ? 'prepare' : 'execute';
      recording.writer.decision({ ...like, seq, action, phase, parameters: at % 5 === 0 ? ['a', null] : undefined });
    }
    recording.seal();
    sizes.push(recording.segments[segment]!.length);
    const kept = frames(await read([recording.segments[segment]!]));
    expect(kept).toHaveLength(100);
    for (const [at, frame] of kept.entries()) {
      const seq = segment * 100 + at;
      expect(frame.kind === 'decision' && frame.decision).toEqual({
        ...{ id: `${sampleSession.id}.${seq}`, seq, phase: at % 3 === 0 ? 'prepare' : 'execute' },
        ...{ protocol: 'postgres', kind: 'SELECT', text: at % 2 === 0 ? 'select 1' : `select ${seq}` },
        effects: [{ verb: 'select', object: 'shop/public.orders', columns: ['id'] }],
        ...{ effect: 'permit', reasons: [{ code: 'permitted', policy: 'ci-on-shop' }], obligations: [] },
        ...{ policyRevision: 7, ...(at % 5 === 0 && { parameters: ['a', null] }) },
      });
    }
  }
  for (const size of sizes) expect(size).toBeLessThan(500 + 100 * 45);
});

test('a decision that an approval let through is told in full, and nothing refers to it', async () => {
  const recording = new MemoryRecording();
  const like = sampleDecision(0);
  recording.writer.decision({ ...like, seq: 1, approvalId: 'a-1' });
  recording.writer.decision({ ...like, seq: 2 });
  recording.writer.decision({ ...like, seq: 3, approvalId: 'a-3' });
  recording.writer.decision({ ...like, seq: 4 });
  recording.seal();
  const kept = frames(await read([recording.bytes])).map((frame) => frame.kind === 'decision' && frame.decision);
  expect(kept.map((decision) => decision && decision.approvalId)).toEqual(['a-1', undefined, 'a-3', undefined]);
});

test('more kinds of statements than are remembered, by turns, are read back as they were', async () => {
  const recording = new MemoryRecording();
  const kinds = Array.from({ length: 40 }, (_, at) =>
    sampleDecision(0, `select ${at}`, at % 3 === 0 ? 'deny' : 'permit'),
  );
  for (let seq = 0; seq < 400; seq += 1) recording.writer.decision({ ...kinds[(seq * 7) % 40]!, seq });
  recording.seal();
  const kept = frames(await read([recording.bytes])).map((frame) => frame.kind === 'decision' && frame.decision);
  expect(kept.map((decision) => decision && [decision.seq, decision.text, decision.effect])).toEqual(
    Array.from({ length: 400 }, (_, seq) => {
      const kind = (seq * 7) % 40;
      return [seq, `select ${kind}`, kind % 3 === 0 ? 'deny' : 'permit'];
    }),
  );
});

test('numbers of every size are read back', async () => {
  const recording = new MemoryRecording();
  const like = sampleDecision(0);
  const numbers = [0, 9, 10, 99, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 5, 2 ** 47];
  for (const seq of numbers) {
    recording.writer.decision({ ...like, seq });
    recording.writer.outcome(seq, seq % 2 === 0 ? `SELECT ${seq}` : 'a "b" \u00e4 '.repeat(9));
  }
  recording.seal();
  const kept = frames(await read([recording.bytes]));
  expect(kept.map((frame) => (frame.kind === 'decision' ? frame.decision.seq : 'seq' in frame && frame.seq))).toEqual(
    numbers.flatMap((seq) => [seq, seq]),
  );
  expect(kept.flatMap((frame) => (frame.kind === 'outcome' ? [frame.completion] : []))).toEqual(
    numbers.map((seq) => (seq % 2 === 0 ? `SELECT ${seq}` : 'a "b" \u00e4 '.repeat(9))),
  );
});

function framed(type: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header[0] = type;
  header.writeUInt32BE(payload.length, 1);
  return Buffer.concat([header, payload]);
}

test('a repetition of nothing, or of the wrong shape, is damage', async () => {
  const recording = new MemoryRecording();
  recording.writer.decision(sampleDecision(1));
  recording.seal();
  const repeat = (label: number, shape: number, rest: readonly number[] = []): Buffer =>
    framed(8, Buffer.from([0, 0, 0, label, 0, 0, 0, 0, 0, 2, shape, ...rest]));
  const good = [repeat(1, 1), repeat(1, 3, [0, 0, 0, 1, 97]), repeat(1, 5, [0, 1, 255, 255, 255, 255])];
  const bad = [
    ...[repeat(0, 1), repeat(2, 1), framed(8, Buffer.from([0, 0, 0, 1]))],
    ...[repeat(1, 1, [0]), repeat(1, 3), repeat(1, 3, [0, 0, 0, 2, 97]), repeat(1, 3, [255, 255, 255, 255])],
    ...[repeat(1, 5), repeat(1, 5, [0, 2, 255, 255, 255, 255]), repeat(1, 5, [0, 1, 255, 255, 255, 254])],
  ];
  for (const frame of good) expect((await read([recording.bytes, frame])).at(-1)).toMatchObject({ truncated: false });
  for (const frame of good) expect((await read([recording.bytes, frame])).at(-1)).not.toHaveProperty('damage');
  for (const frame of bad) expect((await read([recording.bytes, frame])).at(-1)).toHaveProperty('damage');
});

test('a recording of version 1 is read; one of a version to come is not', async () => {
  const recording = new MemoryRecording();
  recording.writer.decision(sampleDecision(1));
  recording.seal();
  const old = Buffer.from(recording.bytes);
  old[4] = 1;
  expect(frames(await read([old]))).toHaveLength(1);
  old[4] = 3;
  expect((await read([old])).at(-1)).toMatchObject({ damage: { message: 'a segment header of an unknown version' } });
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
  // Long enough that no time and no length of a frame reads like it.
  const said = (name: string, index: number): string => `session ${name} says ${index};`;
  const kept = new Map<string, Buffer[]>([
    ['a', []],
    ['b', []],
  ]);
  const writer = (name: string): RecordingWriter =>
    new RecordingWriter(sampleSession.id, buffer, {
      append: (first, rest) => kept.get(name)!.push(Buffer.from(first), Buffer.from(rest ?? [])),
    });
  const a = writer('a');
  const b = writer('b');
  for (let index = 0; index < 500; index += 1) {
    a.response(Buffer.from(said('a', index)));
    b.response(Buffer.from(said('b', index)));
  }
  a.flush();
  b.flush();
  for (const name of ['a', 'b']) {
    const text = Buffer.concat(kept.get(name)!).toString('latin1');
    expect(text.match(/session [ab] says \d+;/g)).toEqual(Array.from({ length: 500 }, (_, index) => said(name, index)));
  }
});

test('after one failure every flush fails, also when another session noticed it', () => {
  const buffer = new FrameBuffer(4096, 1);
  let broken = true;
  const failing = new RecordingWriter(sampleSession.id, buffer, {
    append: () => {
      if (broken) throw new Error('no space left');
    },
  });
  const other = new RecordingWriter(sampleSession.id, buffer, { append: () => undefined });
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
