import { createHash } from 'node:crypto';
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';
import fc from 'fast-check';
import { HeaderBlockReader, HeaderBlockWriter } from './header-block.js';
import { headerDictionary } from './header-dictionary.js';
import { SpdyFault } from './spdy-fault.js';

function plain(fields: readonly (readonly [string, string])[], count = fields.length): Buffer {
  const uint32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  return Buffer.concat([
    uint32(count),
    ...fields.flatMap((field) => field.flatMap((text) => [uint32(text.length), Buffer.from(text, 'latin1')])),
  ]);
}

/** One zlib stream, flushed after each block, as other ends make it. */
function through(stream: Deflate | Inflate, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const listener = (part: Buffer): number => parts.push(part);
    stream.on('data', listener);
    stream.write(bytes);
    stream.flush(constants.Z_SYNC_FLUSH, () => {
      stream.off('data', listener);
      resolve(Buffer.concat(parts));
    });
  });
}
const deflater = (dictionary: Buffer | undefined = headerDictionary): Deflate =>
  createDeflate({ dictionary, flush: constants.Z_SYNC_FLUSH });

test('the dictionary is the one of the SPDY/3 draft', () => {
  expect(headerDictionary.length).toBe(1423);
  expect(createHash('sha256').update(headerDictionary).digest('hex')).toBe(
    '51d27341373f923f3cd88e1eb7162aeaa3723d7585ff2399201dc06498407f02',
  );
});

const field = fc.tuple(fc.stringMatching(/^[a-z]{1,20}$/), fc.stringMatching(/^[ -~]{0,300}$/));
const block = fc.uniqueArray(field, { selector: ([name]) => name, maxLength: 10 });

test('reads the blocks of a compressing end, each in the light of those before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(block, { maxLength: 20 }), fc.boolean(), async (blocks, withDictionary) => {
      const other = deflater(withDictionary ? headerDictionary : undefined);
      const reader = new HeaderBlockReader();
      for (const fields of blocks) {
        expect([...reader.read(await through(other, plain(fields)))]).toEqual(fields);
      }
    }),
    { numRuns: 50 },
  );
});

test('reads on when blocks reach farther back than the window', async () => {
  const other = deflater();
  const reader = new HeaderBlockReader();
  for (let round = 0; round < 40; round++) {
    const fields: [string, string][] = [
      ['streamtype', 'data'],
      ['x', `${round}`.repeat(3_000).slice(0, 3_000)],
    ];
    expect([...reader.read(await through(other, plain(fields)))]).toEqual(fields);
  }
});

test('a decompressing end reads the blocks that are written', async () => {
  const other = createInflate({ dictionary: headerDictionary });
  const writer = new HeaderBlockWriter();
  for (const fields of [[['streamtype', 'error']], [], [['port', '8080'] as const, ['requestid', '0'] as const]]) {
    const written = writer.write(new Map(fields as [string, string][]));
    expect(await through(other, written)).toEqual(plain(fields as [string, string][]));
  }
});

test.each<[string, Buffer]>([
  ['a name in upper case', plain([['streamType', 'stdin']])],
  ['an empty name', plain([['', 'x']])],
  [
    'a name twice',
    plain([
      ['a', '1'],
      ['a', '2'],
    ]),
  ],
  ['several values', plain([['port', '80\x0081']])],
  ['a value beyond ASCII', plain([['port', 'ü']])],
  ['fewer headers than it says', plain([['a', '1']], 2)],
  ['more headers than it says', plain([['a', '1']], 0)],
  ['a length beyond its end', Buffer.concat([plain([], 1), Buffer.from('ffffffff', 'hex')])],
  ['nothing', Buffer.alloc(0)],
  ['more than the limit', plain([['a', 'x'.repeat(70_000)]])],
])('refuses a block with %s', async (_, bytes) => {
  const compressed = await through(deflater(), bytes);
  expect(() => new HeaderBlockReader().read(compressed)).toThrow(SpdyFault);
});

test('refuses what no sync flush ends, a foreign dictionary, another method, and what follows the end of a stream', async () => {
  const good = await through(deflater(), plain([['a', '1']]));
  const refused = [
    good.subarray(0, -1),
    good.subarray(0, 5),
    Buffer.concat([good, Buffer.of(0)]),
    Buffer.concat([Buffer.from('78bbe3c6a7c3', 'hex'), good.subarray(6)]),
    Buffer.concat([Buffer.from('77bb', 'hex'), good.subarray(2)]),
    // A final block, then more.
    Buffer.concat([good.subarray(0, 6), Buffer.from('0300', 'hex'), good.subarray(6)]),
    await through(deflater(Buffer.from('another dictionary')), plain([['a', '1']])),
  ];
  for (const bytes of refused) expect(() => new HeaderBlockReader().read(bytes)).toThrow(SpdyFault);
});

test('no bytes do anything but headers and SpdyFault', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const framed = Buffer.concat([Buffer.from('78bbe3c6a7c2', 'hex'), bytes, Buffer.from([0, 0, 0xff, 0xff])]);
      try {
        new HeaderBlockReader().read(framed);
      } catch (error) {
        expect(error).toBeInstanceOf(SpdyFault);
      }
    }),
    { numRuns: 1_000 },
  );
});
