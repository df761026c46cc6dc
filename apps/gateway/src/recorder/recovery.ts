import {
  closeSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { SessionInfo } from '@sallyport/domain';
import { encodeSegmentHeader, FrameBuffer, RecordingParser, RecordingWriter, type Frame } from '@sallyport/recording';
import type { Logger } from '../logger.js';
import { replayPages } from './page-recovery.js';
import { readChainState, startOfChain, type ChainState } from './chain-state.js';
import { parseChainFile, parseSegmentFile, segmentFile, type SegmentName } from './segment-names.js';
import type { SealedSegment } from './spool.js';

export interface LeftRecording {
  readonly sessionId: string;
  /** Undefined when the segment that says so has been delivered already: then the control plane knows the session. */
  readonly session: SessionInfo | undefined;
  readonly state: ChainState;
  readonly segments: readonly SealedSegment[];
  /** As its last frame says. `at` is ISO 8601, UTC. */
  readonly ended: { readonly at: string; readonly reason: string };
}

const endReason = 'the gateway stopped';

/**
 * What an earlier process left: whole segments, one cut wherever it died, or only the trace that more was to come. Each
 * recording gets its end, marked as interrupted, so that it can be delivered and reads as what it is.
 */
export async function recoverSpool(directory: string, log: Logger): Promise<LeftRecording[]> {
  replayPages(directory, log);
  const names = new Map<string, SegmentName[]>();
  for (const file of readdirSync(directory)) {
    const segment = parseSegmentFile(file);
    const sessionId = segment?.sessionId ?? parseChainFile(file);
    if (sessionId === undefined) {
      if (file.endsWith('.new')) rmSync(join(directory, file), { force: true });
      continue;
    }
    const known = names.get(sessionId) ?? [];
    if (segment) known.push(segment);
    names.set(sessionId, known);
  }
  const recordings: LeftRecording[] = [];
  for (const [sessionId, segments] of names) {
    try {
      const left = await recoverSession(directory, sessionId, segments);
      if (left.segments.length > 0) recordings.push(left);
      log.warn({ sessionId, segments: left.segments.length }, 'recovered the recording of an interrupted session');
    } catch (error) {
      log.error({ sessionId, error: (error as Error).message }, 'a left recording cannot be read: its files stay');
    }
  }
  return recordings;
}

async function recoverSession(directory: string, sessionId: string, names: SegmentName[]): Promise<LeftRecording> {
  const state = (await readChainState(directory, sessionId)) ?? startOfChain(sessionId);
  const segments: SealedSegment[] = [];
  let session: SessionInfo | undefined;
  let ended: LeftRecording['ended'] | undefined;
  let next = state.next;
  for (const name of unacknowledged(directory, state, names)) {
    const path = join(directory, segmentFile(name));
    const sealed: SegmentName = { sessionId, index: name.index, state: 'sealed' };
    const final = join(directory, segmentFile(sealed));
    // Only the first segment names the session, and only the last one can hold its end: there may be gibibytes between.
    if (name.state === 'open' || name.index === 0 || name === names.at(-1)) {
      const left = wholeFrames(readFileSync(path));
      for (const frame of left.frames) {
        if (frame.kind === 'open') session = frame.session;
        if (frame.kind === 'close') ended = { at: new Date(frame.time / 1000).toISOString(), reason: frame.reason };
      }
      if (left.bytes.length === 0) {
        rmSync(path);
        continue;
      }
      if (name.state === 'open') replaceSegment(final, left.bytes, path);
    }
    segments.push({
      sessionId,
      index: name.index,
      path: final,
      bytes: statSync(final).size,
      last: ended !== undefined,
    });
    next = name.index + 1;
  }
  if (!ended) {
    segments.push(endSegment(directory, sessionId, next));
    ended = { at: new Date().toISOString(), reason: endReason };
  }
  return { sessionId, session, state, segments, ended };
}

/** In order; what was acknowledged or is there twice already is deleted: an earlier process died just before doing so. */
function unacknowledged(directory: string, state: ChainState, names: SegmentName[]): SegmentName[] {
  names.sort((a, b) => a.index - b.index || b.state.localeCompare(a.state));
  return names.filter((name, position) => {
    const keep = name.index >= state.next && names[position - 1]?.index !== name.index;
    if (!keep) rmSync(join(directory, segmentFile(name)));
    return keep;
  });
}

/** The bytes up to the last whole frame; none when not even a header is whole. */
function wholeFrames(bytes: Buffer): { readonly bytes: Buffer; readonly frames: Frame[] } {
  const parser = new RecordingParser();
  const frames: Frame[] = [];
  for (const item of parser.push(bytes)) if (item.kind === 'frame') frames.push(item.frame);
  return { bytes: bytes.subarray(0, parser.offset), frames };
}

/** A segment of its own for the end, so that no file that was being written is ever written again. */
function endSegment(directory: string, sessionId: string, index: number): SealedSegment {
  const parts: Buffer[] = [encodeSegmentHeader(sessionId, index)];
  const writer = new RecordingWriter(sessionId, new FrameBuffer(4096), {
    append: (frames) => parts.push(Buffer.from(frames)),
  });
  writer.close(endReason, true);
  writer.flush();
  const bytes = Buffer.concat(parts);
  const path = join(directory, segmentFile({ sessionId, index, state: 'sealed' }));
  replaceSegment(path, bytes);
  return { sessionId, index, path, bytes: bytes.length, last: true };
}

function replaceSegment(path: string, bytes: Buffer, origin?: string): void {
  const temporary = `${path}.new`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    fdatasyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  if (origin !== undefined) rmSync(origin);
}
