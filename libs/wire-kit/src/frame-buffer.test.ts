import fc from 'fast-check';
import { FrameBuffer } from './index.js';

/** Frames of one length byte and a body, taken out of whatever chunks they came in. */
function framesOf(chunks: readonly Buffer[]): string[] {
  const buffer = new FrameBuffer();
  const frames: string[] = [];
  for (const chunk of chunks) {
    buffer.push(chunk);
    while (buffer.require(1) && buffer.require(1 + buffer.bytes[buffer.offset]!)) {
      const length = buffer.bytes[buffer.offset]!;
      frames.push(buffer.bytes.toString('hex', buffer.offset + 1, buffer.offset + 1 + length));
      buffer.skip(1 + length);
    }
  }
  expect(buffer.length).toBe(0);
  return frames;
}

test('frames come out the same however the bytes were cut', () => {
  const body = fc.uint8Array({ maxLength: 40 });
  fc.assert(
    fc.property(fc.array(body, { maxLength: 8 }), fc.array(fc.nat(50), { maxLength: 20 }), (bodies, cuts) => {
      const stream = Buffer.concat(bodies.map((each) => Buffer.concat([Buffer.from([each.length]), each])));
      const chunks: Buffer[] = [];
      let at = 0;
      for (const cut of cuts) {
        chunks.push(stream.subarray(at, at + cut));
        at += cut;
      }
      chunks.push(stream.subarray(at));
      expect(framesOf(chunks)).toEqual(bodies.map((each) => Buffer.from(each).toString('hex')));
    }),
  );
});

test('a message in many chunks is joined once', () => {
  const buffer = new FrameBuffer();
  for (let i = 0; i < 100; i += 1) {
    buffer.push(Buffer.alloc(10, i));
    expect(buffer.require(1000)).toBe(i === 99);
  }
  expect(buffer.contiguous).toBe(1000);
});

test('what can be streamed is handed out without joining', () => {
  const buffer = new FrameBuffer();
  const first = Buffer.from('abc');
  buffer.push(first);
  buffer.push(Buffer.from('defg'));
  expect(buffer.takeUpTo(100).buffer).toBe(first.buffer);
  expect(buffer.takeUpTo(2).toString()).toBe('de');
  expect(buffer.takeAll().toString()).toBe('fg');
  expect(buffer.takeUpTo(1)).toHaveLength(0);
});
