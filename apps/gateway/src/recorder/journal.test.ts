import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RecordingParser, sessionIdBytes, type Frame } from '@sallyport/recording';
import { atTurnEnd } from '@sallyport/wire-kit';
import { eventually } from '../testing-control-plane.js';
import { silentLog, temporaryDirectory } from '../testing-gateway.js';
import { journalFiles, maxPieceBytes } from './journal.js';
import { JournalBatch, readJournal } from './journal-format.js';
import { replayJournal } from './journal-recovery.js';
import { segmentFile } from './segment-names.js';
import type { SessionRecorder } from './session-recorder.js';
import { Spool, type SpoolOptions } from './spool.js';
import { sampleRecord, sampleSession } from './testing-sessions.js';

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => (directory = temporaryDirectory()));
afterEach(() => directory.remove());

function makeSpool(options: Partial<SpoolOptions> = {}): Spool {
  return new Spool({
    directory: directory.path,
    maxBytes: 1024 ** 3,
    durability: 'write',
    log: silentLog,
    onSealed: () => undefined,
    onFailure: () => undefined,
    ...options,
  });
}

const sessions = (spool: Spool, count: number): SessionRecorder[] =>
  Array.from({ length: count }, () => spool.record(sampleSession(randomUUID())));

/** Each says one thing in the same turn; resolves, once all have flushed, with what their flushes threw. */
function oneTurn(recorders: readonly SessionRecorder[], seq: number, bytes = Buffer.alloc(100, seq)): Promise<Error[]> {
  for (const recorder of recorders) {
    recorder.decision(sampleRecord(seq));
    recorder.response(bytes);
    recorder.flushSoon();
  }
  return new Promise((resolve) => atTurnEnd({ turnEnded: () => resolve(recorders.flatMap(thrownByFlush)) }));
}

function thrownByFlush(recorder: SessionRecorder): Error[] {
  try {
    recorder.flush();
    return [];
  } catch (error) {
    return [error as Error];
  }
}

const pathOf = ({ sessionId }: SessionRecorder, index = 0): string =>
  join(directory.path, segmentFile({ sessionId, index, state: 'open' }));

function framesIn(path: string): Frame[] {
  const parser = new RecordingParser();
  return [...parser.push(readFileSync(path))].flatMap((item) => (item.kind === 'frame' ? [item.frame] : []));
}

const journalBytes = (): number =>
  journalFiles
    .map((name) => join(directory.path, name))
    .reduce((sum, path) => sum + (existsSync(path) ? statSync(path).size : 0), 0);

test('what several sessions say in one turn is kept by one write, and reaches their segments later', async () => {
  const spool = makeSpool();
  const recorders = sessions(spool, 5);
  const sizes = recorders.map((recorder) => statSync(pathOf(recorder)).size);
  expect(await oneTurn(recorders, 1)).toEqual([]);
  expect(recorders.map((recorder) => statSync(pathOf(recorder)).size)).toEqual(sizes);
  expect(journalBytes()).toBeGreaterThan(500);
  await eventually(() => framesIn(pathOf(recorders[4]!)).length === 3);
  for (const recorder of recorders) {
    expect(framesIn(pathOf(recorder)).map(({ kind }) => kind)).toEqual(['open', 'decision', 'response']);
  }
  const onDisk = recorders.reduce((sum, recorder) => sum + statSync(pathOf(recorder)).size, 0);
  expect(spool.bytes).toBe(onDisk);
  spool.stop();
  expect(readdirSync(directory.path).filter((name) => name.startsWith('journal'))).toEqual([]);
});

test('what is large goes straight to the segment, with what the journal has of the session', async () => {
  const spool = makeSpool();
  const [first, second] = sessions(spool, 2);
  await oneTurn([first!], 1);
  expect(framesIn(pathOf(first!)).length).toBe(1);
  const small = journalBytes();
  expect(small).toBeGreaterThan(100);
  await oneTurn([first!, second!], 2, Buffer.alloc(maxPieceBytes));
  expect(framesIn(pathOf(first!)).length).toBe(5);
  expect(framesIn(pathOf(second!)).length).toBe(3);
  expect(journalBytes()).toBe(small);
  spool.stop();
});

test('the header of a segment is on the disk before the next tick, whatever the journal has of the rest', async () => {
  const spool = makeSpool();
  const [recorder] = sessions(spool, 1);
  const segment = spool.startSegment(recorder!, 1);
  await eventually(() => segment.synced === segment.size, 500);
  spool.stop();
});

test('the files take turns, and what they held does not come back', async () => {
  const spool = makeSpool();
  const recorders = sessions(spool, 2);
  for (let seq = 1; seq <= 3; seq += 1) {
    await oneTurn(recorders, seq);
    await eventually(() => framesIn(pathOf(recorders[1]!)).length === 1 + 2 * seq);
  }
  await eventually(() => journalBytes() < 2 * 2 * 900);
  const before = readFileSync(pathOf(recorders[0]!));
  replayJournal(directory.path, silentLog);
  expect(readFileSync(pathOf(recorders[0]!)).equals(before)).toBe(true);
  spool.stop();
});

test('beyond its quota the spool keeps nothing in the journal either: the flush says so', async () => {
  const spool = makeSpool({ maxBytes: 3000 });
  const recorders = sessions(spool, 2);
  const errors = await oneTurn(recorders, 1, Buffer.alloc(1500));
  expect(errors.map(({ message }) => message)).toEqual(expect.arrayContaining(['the recording spool is full']));
});

test('a journal that cannot be written costs nothing but its use', async () => {
  const spool = makeSpool();
  const recorders = sessions(spool, 3);
  // Where the first file belongs there is a folder.
  mkdirSync(join(directory.path, journalFiles[0]));
  expect(await oneTurn(recorders, 1)).toEqual([]);
  for (const recorder of recorders) expect(framesIn(pathOf(recorder)).length).toBe(3);
});

test('in fsync durability one wait for the disk serves all, and nothing reaches the segments before the tick', async () => {
  const spool = makeSpool({ durability: 'fsync' });
  const recorders = sessions(spool, 4);
  expect(await oneTurn(recorders, 1)).toEqual([]);
  expect(journalBytes()).toBeGreaterThan(400);
  await eventually(() => framesIn(pathOf(recorders[3]!)).length === 3);
  spool.stop();
});

describe('recovery', () => {
  const sessionId = randomUUID();
  const segment = segmentFile({ sessionId, index: 0, state: 'open' });
  const batchOf = (...pieces: [offset: number, text: string][]): Buffer => {
    const batch = new JournalBatch(4096);
    for (const [offset, text] of pieces) batch.add(sessionIdBytes(sessionId), 0, offset, Buffer.from(text));
    return Buffer.from(batch.finish());
  };
  const put = (name: string, content: Buffer | string): void => writeFileSync(join(directory.path, name), content);
  const replayed = (): string => {
    replayJournal(directory.path, silentLog);
    expect(existsSync(join(directory.path, journalFiles[0]))).toBe(false);
    return readFileSync(join(directory.path, segment), 'utf8');
  };

  test('pieces continue their segment wherever it ended, in whatever order the files hold them', () => {
    put(segment, 'abcde');
    put(journalFiles[0], batchOf([6, 'ghi'], [9, 'jkl']));
    put(journalFiles[1], Buffer.concat([batchOf([0, 'abc']), batchOf([3, 'def'])]));
    expect(replayed()).toBe('abcdefghijkl');
  });

  test('nothing follows a gap', () => {
    put(segment, 'abc');
    put(journalFiles[0], batchOf([3, 'def'], [7, 'hij']));
    expect(replayed()).toBe('abcdef');
  });

  test('a segment that was sealed or delivered is left alone', () => {
    put(journalFiles[0], batchOf([0, 'abc']));
    replayJournal(directory.path, silentLog);
    expect(readdirSync(directory.path)).toEqual([]);
  });

  const whole = batchOf([3, 'def']);
  test.each([
    ['cut', whole.subarray(0, whole.length - 1)],
    ['of another kind', Buffer.from('not a journal at all')],
    ['altered', Buffer.concat([whole.subarray(0, whole.length - 1), Buffer.from('x')])],
    ['cut in its header', whole.subarray(0, 7)],
    [
      'of an impossible length',
      Buffer.concat([whole.subarray(0, 4), Buffer.from([255, 255, 255, 255]), whole.subarray(8)]),
    ],
  ])('a batch that is %s ends the journal', (_, torn) => {
    put(segment, 'abc');
    put(journalFiles[0], Buffer.concat([batchOf([3, 'd']), torn, whole]));
    expect(replayed()).toBe('abcd');
  });

  test('what does not fit a batch is not added to it', () => {
    const batch = new JournalBatch(100);
    expect(batch.add(sessionIdBytes(sessionId), 0, 0, Buffer.alloc(60))).toBe(true);
    expect(batch.add(sessionIdBytes(sessionId), 0, 60, Buffer.alloc(60))).toBe(false);
    expect([...readJournal(batch.finish())]).toHaveLength(1);
    expect([...readJournal(batch.finish())]).toEqual([]);
  });
});
