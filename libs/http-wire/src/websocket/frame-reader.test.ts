import fc from 'fast-check';
import { maskedFrame, opcodes, plainFrame, WebSocketFault, type Opcode } from './frame.js';
import { FrameReader } from './frame-reader.js';

type Heard = [kind: string, text: string];

function reader(masked: boolean, heard: Heard[], maxMessageBytes = 1 << 20): FrameReader {
  return new FrameReader(
    { masked, maxMessageBytes },
    {
      message: (data, text) => heard.push([text ? 'text' : 'binary', data.toString('latin1')]),
      control: (opcode, payload) => heard.push([String(opcode), payload.toString('latin1')]),
    },
  );
}

function read(bytes: Buffer, masked = false, maxMessageBytes?: number): Heard[] {
  const heard: Heard[] = [];
  reader(masked, heard, maxMessageBytes).push(Buffer.from(bytes));
  return heard;
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

test.each<[string, string, boolean, Heard[]]>([
  // The examples of RFC 6455 section 5.7.
  ['an unmasked text', '81 05 48656c6c6f', false, [['text', 'Hello']]],
  ['a masked text', '81 85 37fa213d 7f9f4d5158', true, [['text', 'Hello']]],
  ['a fragmented text', '01 03 48656c 80 02 6c6f', false, [['text', 'Hello']]],
  ['a ping and its masked pong', '8a 85 37fa213d 7f9f4d5158', true, [['10', 'Hello']]],
  [
    'a control frame between fragments',
    '02 01 61 89 01 62 00 00 80 01 63',
    false,
    [
      ['9', 'b'],
      ['binary', 'ac'],
    ],
  ],
  ['an empty message', '82 00', false, [['binary', '']]],
  ['an empty masked message', '82 80 01020304', true, [['binary', '']]],
  ['a message of empty fragments', '01 00 00 00 80 00', false, [['text', '']]],
  ['a close frame', '88 02 03e8', false, [['8', '\x03\xe8']]],
])('reads %s', (_, bytes, masked, expected) => {
  expect(read(hex(bytes), masked)).toEqual(expected);
});

test.each<[string, string, boolean, number]>([
  ['a reserved bit', 'c1 00', false, 1002],
  ['an unknown opcode', '83 00', false, 1002],
  ['an unknown control opcode', '8b 00', false, 1002],
  ['an unmasked frame of a client', '81 01 61', true, 1002],
  ['a masked frame of a server', '81 81 01020304 60', false, 1002],
  ['a fragmented control frame', '09 00', false, 1002],
  ['a long control frame', '89 7e 007e', false, 1002],
  ['a continuation of nothing', '80 00', false, 1002],
  ['a message inside another', '01 00 81 00', false, 1002],
  ['a length in two bytes that fits one', '82 7e 007d', false, 1002],
  ['a length in eight bytes that fits two', '82 7f 000000000000ffff', false, 1002],
  ['a length beyond the limit', '82 7f 0000000000100001', false, 1009],
  ['a length with its highest bit set', '82 7f 8000000000000000', false, 1009],
  ['a text that is not UTF-8', '81 02 c0af', false, 1007],
  ['a surrogate half in UTF-8', '81 03 eda080', false, 1007],
])('refuses %s', (_, bytes, masked, code) => {
  expect(() => read(hex(bytes), masked)).toThrow(expect.objectContaining({ name: 'WebSocketFault', code }));
});

test('counts all fragments of a message against its limit', () => {
  const fragment = hex('00 02 6161');
  expect(read(Buffer.concat([hex('02 02 6161'), hex('80 02 6161')]), false, 4)).toEqual([['binary', 'aaaa']]);
  expect(() => read(Buffer.concat([hex('02 02 6161'), fragment, fragment]), false, 4)).toThrow(WebSocketFault);
});

test.each([0, 125, 126, 0xffff, 0x10000])('reads back a frame of %d bytes that either end makes', (length) => {
  const payload = Buffer.alloc(length, 'x');
  expect(read(plainFrame(opcodes.binary, [payload]))).toEqual([['binary', payload.toString()]]);
  expect(read(maskedFrame(opcodes.binary, [payload]), true)).toEqual([['binary', payload.toString()]]);
});

test('masks with a key of its own for each frame', () => {
  const keys = Array.from({ length: 64 }, () => maskedFrame(opcodes.binary, []).toString('hex', 2, 6));
  expect(new Set(keys).size).toBe(64);
});

interface Piece {
  readonly text: boolean;
  readonly fragments: readonly string[];
  readonly ping: string | undefined;
}

function encoded(pieces: readonly Piece[], masked: boolean): Buffer {
  const frame = masked ? maskedFrame : plainFrame;
  const frames: Buffer[] = [];
  for (const { text, fragments, ping } of pieces) {
    fragments.forEach((fragment, index) => {
      const opcode: Opcode = index > 0 ? opcodes.continuation : text ? opcodes.text : opcodes.binary;
      const bytes = frame(opcode, [Buffer.from(fragment)]);
      if (index < fragments.length - 1) bytes[0]! &= 0x7f;
      frames.push(bytes);
      if (ping !== undefined) frames.push(frame(opcodes.ping, [Buffer.from(ping)]));
    });
  }
  return Buffer.concat(frames);
}

const piece = fc.record({
  text: fc.boolean(),
  fragments: fc.array(fc.string({ unit: 'grapheme', maxLength: 200 }), { minLength: 1, maxLength: 4 }),
  ping: fc.option(fc.string({ unit: 'grapheme-ascii', maxLength: 20 }), { nil: undefined }),
});

test('reads the same however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 5 }),
      fc.boolean(),
      fc.array(fc.nat(50), { minLength: 1 }),
      (pieces, masked, cuts) => {
        const bytes = encoded(pieces, masked);
        const heard: Heard[] = [];
        const target = reader(masked, heard);
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const next = at + 1 + cuts[turn % cuts.length]!;
          target.push(Buffer.from(bytes.subarray(at, next)));
          at = next;
        }
        expect(heard).toEqual(read(bytes, masked));
        const messages = heard.filter(([kind]) => kind === 'text' || kind === 'binary').map(([, text]) => text);
        expect(messages).toEqual(pieces.map(({ fragments }) => Buffer.from(fragments.join('')).toString('latin1')));
      },
    ),
    { numRuns: 200 },
  );
});

test('split at every byte, a stream reads as when it comes whole', () => {
  const bytes = encoded([{ text: true, fragments: ['grüße', '', 'x'.repeat(130)], ping: 'p' }], true);
  const whole = read(bytes, true);
  for (let cut = 1; cut < bytes.length; cut++) {
    const heard: Heard[] = [];
    const target = reader(true, heard);
    target.push(Buffer.from(bytes.subarray(0, cut)));
    target.push(Buffer.from(bytes.subarray(cut)));
    expect(heard).toEqual(whole);
  }
});

test('no bytes do anything but messages and WebSocketFault', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, masked) => {
      try {
        read(Buffer.from(bytes), masked, 4096);
      } catch (error) {
        expect(error).toBeInstanceOf(WebSocketFault);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('a message in single-byte fragments takes no more memory than its bytes', () => {
  const heard: Heard[] = [];
  const target = reader(false, heard);
  const before = process.memoryUsage();
  target.push(hex('02 01 61'));
  const many = Buffer.concat(Array.from({ length: 1_000 }, () => hex('00 01 61')));
  for (let round = 0; round < 500; round++) target.push(Buffer.from(many));
  const after = process.memoryUsage();
  expect(after.arrayBuffers - before.arrayBuffers + after.heapUsed - before.heapUsed).toBeLessThan(60e6);
  target.push(hex('80 00'));
  expect(heard[0]![1].length).toBe(500_001);
});
