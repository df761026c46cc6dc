import { randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRecording, verifyRecording, type Frame } from '@sallyport/recording';
import { ControlPlaneLink } from '../link/control-plane-link.js';
import { Identity } from '../link/identity.js';
import { spawnSource, type ChildOptions } from '../testing-child.js';
import { eventually, TestingControlPlane } from '../testing-control-plane.js';
import { silentLog, temporaryDirectory } from '../testing-gateway.js';
import { pageFile } from './page-file.js';
import { recoverSpool } from './recovery.js';
import { Spool, type SealedSegment, type SpoolOptions } from './spool.js';
import { sampleRecord, sampleSession } from './testing-sessions.js';
import { Uploader } from './uploader.js';

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => (directory = temporaryDirectory()));
afterEach(() => directory.remove());

/** Of recordings: the pages stay while there is a spool. */
const filesLeft = (): string[] => readdirSync(directory.path).filter((name) => name !== pageFile);

function makeSpool(options: Partial<SpoolOptions> = {}) {
  const sealed: SealedSegment[] = [];
  const failed: string[] = [];
  const spool = new Spool({
    directory: directory.path,
    maxBytes: 1024 ** 3,
    durability: 'write',
    log: silentLog,
    onSealed: (segment) => sealed.push(segment),
    onFailure: (sessionId) => failed.push(sessionId),
    ...options,
  });
  return { spool, sealed, failed };
}

/** A control plane with this gateway connected, and an uploader that delivers to it. */
async function withDelivery(
  act: (controlPlane: TestingControlPlane, uploader: Uploader) => Promise<void>,
): Promise<void> {
  const controlPlane = await new TestingControlPlane().start();
  const state = temporaryDirectory();
  const link = new ControlPlaneLink({
    url: controlPlane.url,
    name: 'local',
    enrolmentToken: controlPlane.enrolmentToken(),
    identity: new Identity(state.path),
    log: silentLog,
    describe: () => ({ version: '0', adapters: [], sessions: [] }),
    onPush: () => undefined,
    onReady: () => uploader.resume(),
    timing: { firstRetry: 10, longestRetry: 50 },
  });
  const uploader = new Uploader({
    directory: directory.path,
    link,
    known: () => true,
    onReleased: () => undefined,
    log: silentLog,
    firstRetry: 5,
    longestRetry: 50,
  });
  link.start();
  try {
    await eventually(() => link.connected);
    await act(controlPlane, uploader);
  } finally {
    uploader.stop();
    link.stop();
    await controlPlane.stop();
    state.remove();
  }
}

async function framesOf(segments: readonly Buffer[]): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const item of readRecording(segments)) if (item.kind === 'frame') frames.push(item.frame);
  return frames;
}

test('CP-07: a long session becomes several segments that arrive in order, whole, also when acknowledgements get lost', async () => {
  await withDelivery(async (controlPlane, uploader) => {
    let lost = 0;
    controlPlane.on('recording.segment', ({ index }) => {
      if (index % 2 === 0 || lost > 3) return undefined;
      lost += 1;
      return 'drop';
    });
    const { spool } = makeSpool({ segmentBytes: 20_000, onSealed: (segment) => uploader.add(segment) });
    const session = sampleSession(randomUUID());
    const recorder = spool.record(session);
    for (let seq = 1; seq <= 100; seq += 1) {
      recorder.decision(sampleRecord(seq));
      recorder.response(Buffer.alloc(2000, seq));
      recorder.flush();
    }
    recorder.close('done');
    await eventually(() => uploader.backlog === 0, 10_000);
    expect(lost).toBeGreaterThan(0);
    const segments = controlPlane.segments.get(session.id)!;
    expect(segments.length).toBeGreaterThan(5);
    const { chain } = controlPlane.bodies('recording.segment').at(-1)!;
    expect(await verifyRecording(segments, { sessionId: session.id, chain })).toMatchObject({
      ok: true,
      decisions: 100,
    });
    await eventually(() => filesLeft().length === 0);
    // What was sent again was the same bytes again.
    const digests = new Map<number, Set<string>>();
    for (const { index, sha256 } of controlPlane.bodies('recording.segment')) {
      digests.set(index, (digests.get(index) ?? new Set()).add(sha256));
    }
    for (const [index, seen] of digests) expect({ index, versions: seen.size }).toEqual({ index, versions: 1 });
    spool.stop();
  });
});

/** A process that records on three sessions; `flushed` holds how far it came with each, by its own word. */
function writing(when: 'now' | 'at the end of a turn', options: ChildOptions = {}) {
  const child = spawnSource(join(import.meta.dirname, 'testing-spool-writer.ts'), [directory.path, '3', when], options);
  const flushed = new Map<string, number>();
  let rest = '';
  child.stdout!.on('data', (data: Buffer) => {
    const lines = (rest + data.toString()).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const [sessionId, seq] = line.split(' ') as [string, string];
      flushed.set(sessionId, Number(seq));
    }
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, flushed, ended };
}

/** What is left of those sessions arrives whole, with everything that was flushed, and says that it was interrupted. */
async function expectRecovered(flushed: ReadonlyMap<string, number>): Promise<void> {
  expect(flushed.size).toBe(3);
  await withDelivery(async (controlPlane, uploader) => {
    const recordings = await recoverSpool(directory.path, silentLog);
    expect(recordings.map(({ session }) => session?.id).sort()).toEqual([...flushed.keys()].sort());
    for (const { segments, state } of recordings) for (const segment of segments) uploader.add(segment, state);
    await eventually(() => uploader.backlog === 0, 10_000);
    for (const [sessionId, seq] of flushed) {
      const segments = controlPlane.segments.get(sessionId)!;
      const report = await verifyRecording(segments, { sessionId });
      expect(report).toMatchObject({ ok: true, interrupted: true });
      expect(report.decisions).toBeGreaterThanOrEqual(seq);
    }
    await eventually(() => filesLeft().length === 0);
  });
}

describe.each(['now', 'at the end of a turn'] as const)('flushing %s', (when) => {
  test.each([1, 2, 3])(
    'killed while writing, nothing that was flushed is lost, and the rest says that it was cut (%i)',
    async (round) => {
      const { child, flushed, ended } = writing(when);
      await eventually(() => (flushed.values().next().value ?? 0) >= 20 * round ** 3, 20_000);
      child.kill('SIGKILL');
      await ended;
      await expectRecovered(flushed);
    },
    30_000,
  );

  test('CP-07: when the disk takes no more, the session is told to end, and what was flushed before is whole', async () => {
    const { flushed, ended } = writing(when, { maxFileBlocks: 60 });
    expect(await ended).toBe(3);
    await expectRecovered(flushed);
  }, 30_000);
});

test('CP-07: recovering twice, or after dying while recovering, changes nothing', async () => {
  const { spool, sealed } = makeSpool({ segmentBytes: 15_000 });
  const session = sampleSession(randomUUID());
  const recorder = spool.record(session);
  for (let seq = 1; seq <= 12; seq += 1) {
    recorder.decision(sampleRecord(seq));
    recorder.response(Buffer.alloc(3000));
    recorder.flush();
  }
  const open = readdirSync(directory.path).find((file) => file.endsWith('.open'))!;
  const torn = Buffer.concat([readFileSync(join(directory.path, open)), Buffer.from([4, 0, 0, 1])]);
  writeFileSync(join(directory.path, open), torn);
  const first = await recoverSpool(directory.path, silentLog);
  const names = readdirSync(directory.path);
  expect(first[0]!.segments.at(-1)).toMatchObject({ last: true });
  // As if it had died after making the sealed copy and before deleting what it came from.
  writeFileSync(join(directory.path, open), torn);
  writeFileSync(join(directory.path, `${open}.new`), 'half');
  const second = await recoverSpool(directory.path, silentLog);
  expect(second).toMatchObject([{ ...first[0], ended: { reason: 'the gateway stopped' } }]);
  expect(readdirSync(directory.path)).toEqual(names);
  expect(sealed.length).toBeGreaterThan(0);
});

test('a session whose last word was delivered before the crash still gets its end', async () => {
  await withDelivery(async (controlPlane, uploader) => {
    const { spool } = makeSpool({ segmentAgeMs: 0, onSealed: (segment) => uploader.add(segment) });
    const session = sampleSession(randomUUID());
    spool.record(session).sealSegment();
    await eventually(() => uploader.backlog === 0);
    expect(filesLeft()).toEqual([`${session.id}.chain`]);
    const [left] = await recoverSpool(directory.path, silentLog);
    for (const segment of left!.segments) uploader.add(segment, left!.state);
    await eventually(() => uploader.backlog === 0);
    const report = await verifyRecording(controlPlane.segments.get(session.id)!, { sessionId: session.id });
    expect(report).toMatchObject({ ok: true, interrupted: true, segments: 2 });
    await eventually(() => filesLeft().length === 0);
  });
});

test('CP-07: a full spool refuses new sessions, asks for a pause, and at its quota nothing more may be forwarded', () => {
  const { spool, failed } = makeSpool({ maxBytes: 100_000 });
  const recorder = spool.record(sampleSession(randomUUID()));
  recorder.response(Buffer.alloc(90_000));
  recorder.flush();
  expect(recorder.congested).toBe(true);
  expect(() => spool.record(sampleSession(randomUUID()))).toThrow(expect.objectContaining({ code: 'spool-full' }));
  recorder.response(Buffer.alloc(20_000));
  expect(() => recorder.flush()).toThrow('full');
  expect(() => recorder.flush()).toThrow('full');
  expect(failed).toEqual([recorder.sessionId]);
  let drained = 0;
  recorder.onDrain(() => (drained += 1));
  expect(drained).toBe(0);
  spool.released(60_000);
  expect(drained).toBe(1);
  expect(spool.congested).toBe(false);
});

test('a recording that broke ends with the reason, after the last whole frame', async () => {
  const { spool, sealed } = makeSpool({ maxBytes: 100_000 });
  const recorder = spool.record(sampleSession(randomUUID()));
  recorder.response(Buffer.alloc(120_000));
  expect(() => recorder.flush()).toThrow();
  recorder.close('the recording cannot be kept');
  const frames = await framesOf(sealed.map(({ path }) => readFileSync(path)));
  expect(frames.map((frame) => frame.kind)).toEqual(['open', 'note', 'close']);
  expect(sealed.at(-1)!.last).toBe(true);
});

test('CP-07: without its folder nothing is recorded, so no session starts and none goes on', async () => {
  const { spool, failed, sealed } = makeSpool({ segmentBytes: 100 });
  const recorder = spool.record(sampleSession(randomUUID()));
  recorder.sealSegment();
  const other = spool.record(sampleSession(randomUUID()));
  rmSync(directory.path, { recursive: true });
  expect(() => spool.record(sampleSession(randomUUID()))).toThrow(
    expect.objectContaining({ code: 'recording-failed' }),
  );
  other.decision(sampleRecord(1));
  other.flush();
  recorder.response(Buffer.alloc(3000));
  expect(() => recorder.flush()).toThrow();
  expect(failed).toContain(recorder.sessionId);
  expect(failed).not.toContain(other.sessionId);
  // What still fits a page shows it within a second.
  await eventually(() => failed.includes(other.sessionId));
  expect(() => other.flush()).toThrow();
  // The disk comes back: the end is written then.
  recorder.close('the recording cannot be kept');
  expect(sealed.filter(({ last }) => last)).toHaveLength(0);
  mkdirSync(directory.path);
  await eventually(() => sealed.some(({ last }) => last));
});

test('after its end a recording takes nothing more', () => {
  const { spool } = makeSpool();
  const recorder = spool.record(sampleSession(randomUUID()));
  recorder.close('done');
  expect(() => recorder.decision(sampleRecord(1))).toThrow('ended');
  expect(() => recorder.response(Buffer.from('x'))).toThrow('ended');
  expect(() => recorder.flush()).toThrow('ended');
});

test.each(['write', 'fsync'] as const)(
  'CP-07: what was flushed outlives the process, in %s durability',
  async (durability) => {
    const { spool } = makeSpool({ durability });
    const recorder = spool.record(sampleSession(randomUUID()));
    recorder.decision(sampleRecord(1));
    recorder.flush();
    const copy = temporaryDirectory();
    cpSync(directory.path, copy.path, { recursive: true });
    const [left] = await recoverSpool(copy.path, silentLog);
    const frames = await framesOf(left!.segments.map(({ path }) => readFileSync(path)));
    expect(frames.map((frame) => frame.kind)).toEqual(['open', 'decision', 'close']);
    copy.remove();
    spool.stop();
  },
);

test('two thousand idle sessions hold no file open and little memory', async () => {
  const { spool, sealed } = makeSpool({ segmentAgeMs: 0 });
  const before = process.memoryUsage.rss();
  const recorders = Array.from({ length: 2000 }, () => spool.record(sampleSession(randomUUID())));
  await eventually(() => sealed.length === 2000, 10_000);
  await eventually(() => readdirSync('/proc/self/fd').length < 200, 10_000);
  expect((process.memoryUsage.rss() - before) / recorders.length).toBeLessThan(16 * 1024);
});
