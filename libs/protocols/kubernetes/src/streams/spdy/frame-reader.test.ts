import fc from 'fast-check';
import { SpdyFrameReader, type SpdySink } from './frame-reader.js';
import { SpdyFrameWriter } from './frame-writer.js';
import { SpdyFault } from './spdy-fault.js';

type Heard = readonly unknown[];

function reader(heard: Heard[]): SpdyFrameReader {
  const note =
    (name: string) =>
    (...facts: unknown[]): void => {
      heard.push([name, ...facts]);
    };
  const sink: SpdySink = {
    synStream: (id, fin, headers) => heard.push(['synStream', id, fin, [...headers]]),
    synReply: (id, fin, headers) => heard.push(['synReply', id, fin, [...headers]]),
    rstStream: note('rstStream'),
    settings: note('settings'),
    ping: note('ping'),
    goAway: note('goAway'),
    windowUpdate: note('windowUpdate'),
    data: (id, bytes, fin) => {
      // Pieces of one frame count as one, however it was cut.
      const last = heard.at(-1);
      const begun = last?.[0] === 'data' && last[1] === id && last[3] === false ? (heard.pop()![2] as string) : '';
      heard.push(['data', id, begun + bytes.toString('latin1'), fin]);
    },
  };
  return new SpdyFrameReader(sink);
}

function read(bytes: Buffer): Heard[] {
  const heard: Heard[] = [];
  reader(heard).push(bytes);
  return heard;
}
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

test.each<[string, string, Heard]>([
  ['a ping', '8003 0006 00 000004 00000001', ['ping', 1]],
  ['a reset', '8003 0003 00 000008 00000005 00000005', ['rstStream', 5, 5]],
  ['a farewell', '8003 0007 00 000008 00000003 00000000', ['goAway', 3, 0]],
  ['a window', '8003 0009 00 000008 00000000 00010000', ['windowUpdate', 0, 65536]],
  ['settings', '8003 0004 01 00000c 00000001 01000007 00010000', ['settings', [{ id: 7, value: 65536 }]]],
  ['data', '00000003 00 000002 6869', ['data', 3, 'hi', false]],
  ['the last data', '00000003 01 000002 6869', ['data', 3, 'hi', true]],
  ['an end without data', '00000003 01 000000', ['data', 3, '', true]],
])('reads %s', (_, bytes, expected) => {
  expect(read(hex(bytes))).toEqual([expected]);
});

test.each<[string, string]>([
  ['another version', '8002 0006 00 000004 00000001'],
  ['an unknown type', '8003 000a 00 000000'],
  ['headers after the first', '8003 0008 00 000004 00000001'],
  ['a control frame beyond the limit', '8003 0001 00 01000b'],
  ['data for no stream', '00000000 00 000000'],
  ['data with unknown flags', '00000001 02 000000'],
  ['a ping without its id', '8003 0006 00 000000'],
  ['a ping with flags', '8003 0006 01 000004 00000001'],
  ['a reset without a status', '8003 0003 00 000008 00000005 00000000'],
  ['a reset of no stream', '8003 0003 00 000008 00000000 00000001'],
  ['more settings than there is room for', '8003 0004 00 00000c 00000002 00000007 00010000'],
  ['a billion settings', '8003 0004 00 000004 3fffffff'],
  ['a stream of one direction', '8003 0001 02 00000a 00000001 00000000 0000'],
  ['a stream that depends on another', '8003 0001 00 00000a 00000003 00000001 0000'],
  ['a stream under a credential', '8003 0001 00 00000a 00000003 00000000 0001'],
  ['a stream without headers', '8003 0001 00 00000a 00000001 00000000 0000'],
])('refuses %s', (_, bytes) => {
  expect(() => read(hex(bytes))).toThrow(SpdyFault);
});

function conversation(): Buffer {
  const frames = new SpdyFrameWriter();
  return Buffer.concat([
    frames.synStream(1, false, new Map([['streamtype', 'error']])),
    frames.synStream(3, true, new Map([['streamtype', 'stdin']])),
    frames.settings([{ id: 4, value: 100 }]),
    frames.synReply(1, false),
    frames.data(1, Buffer.from('some data'), false),
    frames.data(3, Buffer.alloc(0), true),
    frames.windowUpdate(1, 9),
    frames.rstStream(1, 5),
    frames.ping(7),
    frames.goAway(3, 0),
  ]);
}
const heardOfIt = [
  ['synStream', 1, false, [['streamtype', 'error']]],
  ['synStream', 3, true, [['streamtype', 'stdin']]],
  ['settings', [{ id: 4, value: 100 }]],
  ['synReply', 1, false, []],
  ['data', 1, 'some data', false],
  ['data', 3, '', true],
  ['windowUpdate', 1, 9],
  ['rstStream', 1, 5],
  ['ping', 7],
  ['goAway', 3, 0],
];

test('reads what is written', () => {
  expect(read(conversation())).toEqual(heardOfIt);
});

test('split at every byte, a conversation reads as when it comes whole', () => {
  const bytes = conversation();
  for (let cut = 1; cut < bytes.length; cut++) {
    const heard: Heard[] = [];
    const target = reader(heard);
    target.push(bytes.subarray(0, cut));
    target.push(bytes.subarray(cut));
    expect(heard).toEqual(heardOfIt);
  }
});

test('no bytes do anything but frames and SpdyFault', () => {
  const frame = fc
    .tuple(fc.constantFrom(0x8003, 0x8003, 0), fc.nat(11), fc.constantFrom(0, 1, 255), fc.uint8Array({ maxLength: 60 }))
    .map(([version, type, flags, payload]) => {
      const head = Buffer.alloc(8);
      head.writeUInt16BE(version);
      head.writeUInt16BE(type, 2);
      head.writeUInt32BE(payload.length, 4);
      head[4] = flags;
      return Buffer.concat([head, payload]);
    });
  fc.assert(
    fc.property(fc.array(fc.oneof(frame, fc.uint8Array({ maxLength: 40 })), { maxLength: 6 }), (pieces) => {
      try {
        read(Buffer.concat(pieces.map((piece) => Buffer.from(piece))));
      } catch (error) {
        expect(error).toBeInstanceOf(SpdyFault);
      }
    }),
    { numRuns: 2_000 },
  );
});
