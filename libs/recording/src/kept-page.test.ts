import fc from 'fast-check';
import {
  copiedMost,
  encodeSegmentHeader,
  FrameBuffer,
  placeBytes,
  readKeptPage,
  readRecording,
  RecordingWriter,
  segmentHeaderBytes,
  writePlace,
  type Frame,
  type KeptPage,
  type KeptPages,
  type SegmentPiece,
} from './index.js';
import { MemoryRecording, sampleDecision, sampleSession } from './testing-recording.js';

/** Pages that outlive a writer, any number of them. */
class MemoryPages implements KeptPages {
  readonly #pages: { readonly bytes: Buffer; length: number }[] = [];

  constructor(private readonly pageBytes: number) {}

  take(): KeptPage {
    const page = { bytes: Buffer.alloc(this.pageBytes, 0xee), length: 0 };
    this.#pages.push(page);
    return { bytes: page.bytes, publish: (length) => (page.length = length), leave: () => undefined };
  }

  pieces(): SegmentPiece[] {
    return this.#pages.flatMap(({ bytes, length }) => [...readKeptPage(bytes.subarray(0, length))]);
  }
}

/** A writer over pages, and one that says the same to memory alone. */
class Pair {
  readonly segments: Buffer[] = [encodeSegmentHeader(sampleSession.id, 0)];
  readonly pages = new MemoryPages(4096);
  readonly buffer = new FrameBuffer(4096, 2, this.pages);
  readonly plain = new MemoryRecording(new FrameBuffer(4096));
  readonly writer: RecordingWriter;
  said = 0;
  flushed = 0;
  #asked = 0;

  /** @param refusing whether every third time a page may keep nothing */
  constructor(private readonly refusing: boolean) {
    this.writer = new RecordingWriter(sampleSession.id, this.buffer, {
      append: (frames, rest = Buffer.alloc(0)) => {
        this.segments.push(Buffer.concat([this.segments.pop()!, frames, rest]));
      },
      keep: () => {
        this.#asked += 1;
        if (this.refusing && this.#asked % 3 === 0) return undefined;
        return { index: this.segments.length - 1, offset: this.segments.at(-1)!.length };
      },
    });
  }

  say(act: (writer: RecordingWriter) => void): void {
    act(this.writer);
    act(this.plain.writer);
    this.said += 1;
  }

  flush(act: () => void): void {
    act();
    this.flushed = this.said;
  }

  seal(): void {
    this.writer.spill();
    if (this.segments.at(-1)!.length === segmentHeaderBytes) return;
    this.segments.push(encodeSegmentHeader(sampleSession.id, this.segments.length));
    this.writer.segmentEnded();
  }

  /** What somebody finds who puts the pieces where they belong. */
  recovered(): Buffer[] {
    const segments = [...this.segments];
    for (const { index, offset, bytes } of this.pages.pieces()) {
      const segment = segments[index]!;
      const known = segment.subarray(offset, offset + bytes.length);
      expect(offset).toBeLessThanOrEqual(segment.length);
      expect(known.equals(bytes.subarray(0, known.length))).toBe(true);
      segments[index] = Buffer.concat([segment, bytes.subarray(known.length)]);
    }
    return segments;
  }
}

/** Without their times. */
async function framesOf(segments: readonly Buffer[]): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const item of readRecording(segments)) if (item.kind === 'frame') frames.push({ ...item.frame, time: 0 });
  return frames;
}

type Step = (pair: Pair, seq: number) => void;
const responseOf = (length: number): Step => {
  return (pair, seq) => pair.say((writer) => writer.response(Buffer.alloc(length, seq)));
};
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.integer({ min: 1, max: 900 }).map(responseOf),
  fc.constantFrom(copiedMost, copiedMost + 1, 6000).map(responseOf),
  fc.constantFrom<Step>(
    (pair, seq) => pair.say((writer) => writer.decision(sampleDecision(seq))),
    (pair, seq) => pair.say((writer) => writer.outcome(seq, 'SELECT 1')),
    (pair, seq) => pair.say((writer) => writer.note('n', { seq })),
    (pair) => pair.flush(() => pair.writer.flush()),
    (pair) => pair.flush(() => pair.writer.flush()),
    (pair) => pair.flush(() => pair.writer.spill()),
    (pair) => pair.flush(() => pair.buffer.spillAll()),
    (pair) => pair.flush(() => pair.seal()),
  ),
);

test('CP-07: whenever a writer dies, its sink and the pages together have all that was flushed, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 80 }), fc.boolean(), async (taken, refusing) => {
      const pair = new Pair(refusing);
      for (const [seq, step] of taken.entries()) step(pair, seq);
      pair.plain.seal();
      const expected = await framesOf(pair.plain.segments);
      const recovered = await framesOf(pair.recovered());
      expect(recovered).toEqual(expected.slice(0, recovered.length));
      expect(recovered.length).toBeGreaterThanOrEqual(pair.flushed);
    }),
    { numRuns: 300 },
  );
});

test('random bytes on a page are pieces of whole frames or nothing, never an exception', () => {
  const place = Buffer.alloc(placeBytes);
  writePlace(place, 0, { index: 3, offset: 60 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, placed) => {
      const page = Buffer.concat([placed ? place : Buffer.alloc(0), noise]);
      for (const { bytes } of readKeptPage(page)) expect(bytes.length).toBeGreaterThanOrEqual(13);
    }),
  );
});
