import { randomUUID } from 'node:crypto';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeSegmentHeader, initialChain, nextChain, segmentDigest } from '@sallyport/recording';
import { heldExchange, local, startParts, type Parts } from '../../testing/control-plane-parts.js';
import { openSegmentStorage } from './segment-files.js';

let parts: Parts;
beforeAll(async () => {
  parts = await startParts();
}, 60_000);
afterAll(() => parts.stop());

interface Segment {
  readonly note: Parameters<Parts['recordings']['store']>[0];
  readonly bytes: Buffer;
}

async function newSession(): Promise<string> {
  const { session } = heldExchange();
  await parts.sessions.opened(local, session);
  return session.id;
}

/** A recording of so many segments, as a gateway would send it. */
function segmentsOf(sessionId: string, count: number, fill = 'x'): Segment[] {
  let chain: Buffer = initialChain(sessionId);
  return Array.from({ length: count }, (_, index) => {
    const bytes = Buffer.concat([encodeSegmentHeader(sessionId, index, chain), Buffer.from(`${fill}${index}`)]);
    const digest = segmentDigest(bytes);
    chain = nextChain(chain, digest);
    const sha256 = digest.toString('hex');
    return { note: { sessionId, index, sha256, chain: chain.toString('hex'), last: index === count - 1 }, bytes };
  });
}

const store = ({ note, bytes }: Segment): Promise<void> => parts.recordings.store(note, bytes);
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'stored',
    (error: { code?: string }) => error.code ?? String(error),
  );
async function readAll(sessionId: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of parts.recordings.read(await parts.recordings.index(sessionId))) chunks.push(chunk);
  return Buffer.concat(chunks);
}
const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile());

test('what comes is kept, in order, byte for byte', async () => {
  const sessionId = await newSession();
  const segments = segmentsOf(sessionId, 3);
  for (const segment of segments) await store(segment);
  expect(await parts.recordings.state(sessionId)).toEqual({
    segments: 3,
    bytes: segments.reduce((sum, { bytes }) => sum + bytes.length, 0),
    complete: true,
    gaps: [],
  });
  expect(await readAll(sessionId)).toEqual(Buffer.concat(segments.map(({ bytes }) => bytes)));
});

test('CP-07: the same segment again is harmless, also at the same time', async () => {
  const sessionId = await newSession();
  const segments = segmentsOf(sessionId, 2);
  await Promise.all([...segments, ...segments, ...segments].map(store));
  expect(await parts.recordings.state(sessionId)).toMatchObject({ segments: 2, complete: true });
});

test('CP-07: a missing segment shows as a gap until it comes', async () => {
  const sessionId = await newSession();
  const [first, second, third] = segmentsOf(sessionId, 3) as [Segment, Segment, Segment];
  await store(first);
  await store(third);
  expect(await parts.recordings.state(sessionId)).toMatchObject({ complete: false, gaps: [1] });
  await store(second);
  expect(await parts.recordings.state(sessionId)).toMatchObject({ complete: true, gaps: [] });
});

test('CP-07: other bytes never replace what is stored', async () => {
  const sessionId = await newSession();
  const [first] = segmentsOf(sessionId, 1) as [Segment];
  const [forged] = segmentsOf(sessionId, 1, 'forged') as [Segment];
  await store(first);
  expect(await codeOf(store(forged))).toBe('segment-conflict');
  expect(await readAll(sessionId)).toEqual(first.bytes);
});

test('CP-07: a segment that does not continue the recording is refused, from either side', async () => {
  const sessionId = await newSession();
  const [first, second, third] = segmentsOf(sessionId, 3) as [Segment, Segment, Segment];
  const forged = segmentsOf(sessionId, 3, 'forged') as [Segment, Segment, Segment];
  await store(first);
  expect(await codeOf(store(forged[1]))).toBe('chain-mismatch');
  await store(third);
  expect(await codeOf(store(forged[1]))).toBe('chain-mismatch');
  await store(second);
});

test.each<[string, (segment: Segment) => Segment, string]>([
  ['with other bytes', ({ note, bytes }) => ({ note, bytes: Buffer.concat([bytes, Buffer.of(0)]) }), 'digest-mismatch'],
  ['of another index', ({ note, bytes }) => ({ note: { ...note, index: 4 }, bytes }), 'wrong-segment'],
  ['of another session', ({ note, bytes }) => ({ note: { ...note, sessionId: randomUUID() }, bytes }), 'wrong-segment'],
  [
    'with another chain value',
    ({ note, bytes }) => ({ note: { ...note, chain: 'e'.repeat(64) }, bytes }),
    'chain-mismatch',
  ],
])('a segment %s than it says is refused', async (_, change, code) => {
  const sessionId = await newSession();
  expect(await codeOf(store(change(segmentsOf(sessionId, 1)[0]!)))).toBe(code);
  expect(await parts.recordings.state(sessionId)).toMatchObject({ segments: 0, complete: false });
});

test('bytes that are no segment are refused', async () => {
  const sessionId = await newSession();
  const bytes = Buffer.from('hello');
  const digest = segmentDigest(bytes);
  const chain = nextChain(initialChain(sessionId), digest).toString('hex');
  const note = { sessionId, index: 0, sha256: digest.toString('hex'), chain, last: true };
  expect(await codeOf(store({ note, bytes }))).toBe('wrong-segment');
});

test('CP-07: nothing follows the last segment', async () => {
  const sessionId = await newSession();
  const segments = segmentsOf(sessionId, 2);
  await store({ ...segments[0]!, note: { ...segments[0]!.note, last: true } });
  expect(await codeOf(store(segments[1]!))).toBe('recording-complete');
});

test('CP-07: bytes that changed on disk are not passed off as the recording', async () => {
  const sessionId = await newSession();
  const [only] = segmentsOf(sessionId, 1) as [Segment];
  await store(only);
  const path = filesIn(parts.recordingsDirectory).find((name) => name.includes(sessionId))!;
  writeFileSync(path, 'changed');
  await expect(readAll(sessionId)).rejects.toThrow('not the one that was stored');
});

test('only whole segments stand in the storage, for their owner alone', async () => {
  const sessionId = await newSession();
  await store(segmentsOf(sessionId, 1)[0]!);
  const paths = filesIn(parts.recordingsDirectory);
  expect(paths.length).toBeGreaterThan(0);
  for (const path of paths) {
    expect(path).toMatch(/\.segment$/);
    expect(statSync(path).mode & 0o077).toBe(0);
  }
});

test.each(['s3://bucket/recordings', 'https://example.com/x', 'not a url', 'file://host/path'])(
  '%s is refused with a reason',
  (url) => {
    expect(() => openSegmentStorage(url)).toThrow('RECORDINGS_URL');
  },
);

test('a place outside the storage cannot be named', async () => {
  const storage = openSegmentStorage('file:///tmp/none');
  const place = { sessionId: '../../../../../../../../etc/passwd-123', index: 0, sha256: 'a'.repeat(64) };
  await expect(storage.read(place)).rejects.toThrow(RangeError);
});
