import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { copiedMost, placeBytes, RecordingParser, writePlace, type Frame } from '@sallyport/recording';
import { atTurnEnd } from '@sallyport/wire-kit';
import { eventually } from '../testing-control-plane.js';
import { silentLog, temporaryDirectory } from '../testing-gateway.js';
import { PageFile, pageFile } from './page-file.js';
import { readPages } from './page-format.js';
import { replayPages } from './page-recovery.js';
import { segmentFile } from './segment-names.js';
import type { SessionRecorder } from './session-recorder.js';
import { Spool, type SealedSegment, type SpoolOptions } from './spool.js';
import { sampleRecord, sampleSession } from './testing-sessions.js';

let directory: ReturnType<typeof temporaryDirectory>;
let copies: typeof directory;
beforeEach(() => {
  directory = temporaryDirectory();
  copies = temporaryDirectory();
});
afterEach(() => {
  directory.remove();
  copies.remove();
});

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

const pathOf = ({ sessionId }: SessionRecorder, index = 0): string =>
  join(directory.path, segmentFile({ sessionId, index, state: 'open' }));

function framesIn(path: string): Frame[] {
  const parser = new RecordingParser();
  return [...parser.push(readFileSync(path))].flatMap((item) => (item.kind === 'frame' ? [item.frame] : []));
}

const kindsIn = (path: string): string[] => framesIn(path).map(({ kind }) => kind);

function say(recorder: SessionRecorder, seq: number, bytes = Buffer.alloc(100, seq)): void {
  recorder.decision(sampleRecord(seq));
  recorder.response(bytes);
}

/** What would be in the folder after this process died now, and with `boot` also the kernel; it is recovered there. */
function afterDeath(boot?: string): (recorder: SessionRecorder) => string[] {
  const copy = join(copies.path, randomUUID());
  cpSync(directory.path, copy, { recursive: true });
  replayPages(copy, silentLog, boot === undefined ? undefined : () => boot);
  expect(existsSync(join(copy, pageFile))).toBe(false);
  return ({ sessionId }) => kindsIn(join(copy, segmentFile({ sessionId, index: 0, state: 'open' })));
}

const otherBoot = randomUUID();

test('what is flushed outlives the process at once, and reaches its segment later', async () => {
  const spool = makeSpool();
  const recorders = sessions(spool, 5);
  const sizes = recorders.map((recorder) => statSync(pathOf(recorder)).size);
  for (const recorder of recorders) {
    say(recorder, 1);
    recorder.flush();
  }
  say(recorders[0]!, 2);
  expect(recorders.map((recorder) => statSync(pathOf(recorder)).size)).toEqual(sizes);
  const left = afterDeath();
  for (const recorder of recorders) expect(left(recorder)).toEqual(['open', 'decision', 'response']);
  await eventually(() => framesIn(pathOf(recorders[4]!)).length === 3);
  expect(kindsIn(pathOf(recorders[0]!))).toEqual(['open', 'decision', 'response', 'decision', 'response']);
  const onDisk = recorders.reduce((sum, recorder) => sum + statSync(pathOf(recorder)).size, 0);
  expect(spool.bytes).toBe(onDisk);
  // The pages still have it, and it is not put there again.
  expect(afterDeath()(recorders[0]!)).toHaveLength(5);
  spool.stop();
  expect(existsSync(join(directory.path, pageFile))).toBe(false);
});

test('what is large goes straight to the segment, with what the page has of the session', () => {
  const spool = makeSpool();
  const [first, second] = sessions(spool, 2);
  say(first!, 1);
  first!.flush();
  expect(framesIn(pathOf(first!))).toHaveLength(0);
  for (const recorder of [first!, second!]) {
    say(recorder, 2, Buffer.alloc(copiedMost + 1));
    recorder.flush();
  }
  expect(framesIn(pathOf(first!))).toHaveLength(5);
  expect(framesIn(pathOf(second!))).toHaveLength(3);
  say(first!, 3);
  first!.flush();
  expect(afterDeath()(first!)).toHaveLength(7);
  spool.stop();
});

test('a loss of power leaves what was synced, and never a part that was not', async () => {
  const spool = makeSpool();
  const [recorder] = sessions(spool, 1);
  say(recorder!, 1);
  recorder!.flush();
  // The header is in the file here; that the disk has it too is tested below.
  expect(afterDeath(otherBoot)(recorder!)).toEqual([]);
  await eventually(() => afterDeath(otherBoot)(recorder!).length === 3, 900);
  say(recorder!, 2);
  recorder!.flush();
  expect(afterDeath(otherBoot)(recorder!)).toHaveLength(3);
  spool.stop();
});

test('a loss of power while a page is synced leaves what its sync before covered, whatever other pages did between', () => {
  const pages = new PageFile(directory.path, silentLog);
  const ids = [randomUUID(), randomUUID()] as const;
  const [one, other] = [pages.take(ids[0])!, pages.take(ids[1])!];
  const frame = Buffer.from([4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x78]);
  const lengths = [1, 2].map((count) => placeBytes + count * frame.length) as [number, number];
  for (const page of [one, other]) {
    writePlace(page.bytes, 0, { index: 0, offset: 60 });
    for (const end of lengths) page.bytes.set(frame, end - frame.length);
    page.publish(lengths[0]);
    pages.syncNow();
  }
  one.publish(lengths[1]);
  pages.syncNow();
  const keptBytes = (): number => {
    const pieces = [...readPages(readFileSync(join(directory.path, pageFile)), otherBoot)];
    return pieces.find(({ sessionId }) => sessionId === ids[0])?.bytes.length ?? 0;
  };
  expect(keptBytes()).toBe(2 * frame.length);
  // The newest checkpoint reached the disk, and what it covers did not.
  one.bytes[lengths[1] - 1] = 0;
  expect(keptBytes()).toBe(frame.length);
  pages.stop();
});

test('the header of a segment is on the disk before the next tick, whatever pages have of the rest', async () => {
  const spool = makeSpool();
  const [recorder] = sessions(spool, 1);
  const segment = spool.startSegment(recorder!, 1);
  await eventually(() => segment.synced === segment.size, 500);
  spool.stop();
});

test('in fsync durability what many sessions flush in a turn waits for the disk once, and a loss of power takes none of it', async () => {
  const spool = makeSpool({ durability: 'fsync' });
  const recorders = sessions(spool, 4);
  for (const recorder of recorders) {
    say(recorder, 1);
    recorder.flushSoon();
  }
  await new Promise<void>((resolve) => atTurnEnd({ turnEnded: resolve }));
  const left = afterDeath(otherBoot);
  for (const recorder of recorders) expect(left(recorder)).toEqual(['open', 'decision', 'response']);
  for (const recorder of recorders) recorder.flush();
  say(recorders[0]!, 2);
  recorders[0]!.flush();
  expect(afterDeath(otherBoot)(recorders[0]!)).toHaveLength(5);
  spool.stop();
});

test('with all pages taken sessions write to their segments; pages that the disk made superfluous are used again', async () => {
  const spool = makeSpool({ segmentBytes: 128 * 1024 * 1024, segmentAgeMs: 60_000 });
  const [recorder] = sessions(spool, 1);
  let seq = 0;
  const fill = (): void => {
    // Twice as much as there are pages, while nothing can be synced.
    for (let end = seq + 32_000; seq < end; seq += 1) {
      recorder!.response(Buffer.alloc(1000, seq));
      recorder!.flush();
    }
  };
  const keptNow = (): boolean => {
    const { size } = statSync(pathOf(recorder!));
    recorder!.response(Buffer.alloc(1, seq));
    recorder!.flush();
    return statSync(pathOf(recorder!)).size === size;
  };
  fill();
  expect(keptNow()).toBe(false);
  await eventually(keptNow, 10_000);
  fill();
  spool.buffer.spillAll();
  const responses = framesIn(pathOf(recorder!)).flatMap((frame) => (frame.kind === 'response' ? [frame.bytes] : []));
  const long = responses.filter(({ length }) => length === 1000);
  expect(long).toHaveLength(64_000);
  expect(long.findIndex((bytes, at) => bytes[0] !== at % 256 || bytes[999] !== at % 256)).toBe(-1);
  spool.stop();
}, 30_000);

test('beyond its quota the spool keeps nothing on pages either: the flush says so', () => {
  const spool = makeSpool({ maxBytes: 3000 });
  const [recorder] = sessions(spool, 1);
  say(recorder!, 1, Buffer.alloc(1500));
  recorder!.flush();
  say(recorder!, 2, Buffer.alloc(1500));
  expect(() => recorder!.flush()).toThrow('the recording spool is full');
});

test('what a page kept before its segment was refused is in the recording all the same, once', async () => {
  const sealed: SealedSegment[] = [];
  const spool = makeSpool({ maxBytes: 4000, onSealed: (segment) => sealed.push(segment) });
  const [recorder] = sessions(spool, 1);
  say(recorder!, 1, Buffer.alloc(1500));
  recorder!.flush();
  recorder!.response(Buffer.alloc(copiedMost + 1));
  expect(() => recorder!.flush()).toThrow('the recording spool is full');
  expect(afterDeath()(recorder!)).toEqual(['open', 'decision', 'response']);
  recorder!.close('the recording cannot be kept');
  expect(sealed.flatMap(({ path }) => kindsIn(path))).toEqual(['open', 'decision', 'response', 'note', 'close']);
  spool.stop();
});

test('a segment that took everything and cannot be sealed is not given it again', async () => {
  const sealed: SealedSegment[] = [];
  const spool = makeSpool({ segmentBytes: 1000, onSealed: (segment) => sealed.push(segment) });
  const [recorder] = sessions(spool, 1);
  recorder!.note('kept', {});
  recorder!.flush();
  const away = `${directory.path}-away`;
  renameSync(directory.path, away);
  recorder!.response(Buffer.alloc(copiedMost + 1));
  expect(() => recorder!.flush()).toThrow();
  renameSync(away, directory.path);
  recorder!.close('the recording cannot be kept');
  const kinds = sealed.flatMap(({ path }) => kindsIn(path));
  expect(kinds).toEqual(['open', 'note', 'response', 'note', 'close']);
  spool.stop();
});

test('without mapped memory sessions write to their segments', () => {
  mkdirSync(join(directory.path, pageFile));
  const spool = makeSpool();
  const [recorder] = sessions(spool, 1);
  say(recorder!, 1);
  recorder!.flush();
  expect(kindsIn(pathOf(recorder!))).toEqual(['open', 'decision', 'response']);
  spool.stop();
});
