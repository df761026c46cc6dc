import { Inject, Injectable } from '@nestjs/common';
import type { RecordingIndex, RecordingState } from '@sallyport/api-contract';
import type { ToControlPlane } from '@sallyport/gateway-contract';
import { initialChain, nextChain, RecordingParser, segmentDigest, segmentHeaderBytes } from '@sallyport/recording';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { firstRow, rows, type Queryable } from '../../platform/database/query.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { countSegment } from './recording.metrics.js';
import type { SegmentStorage } from './segment-files.js';
import { SEGMENT_STORAGE } from './segment-files.js';
import { WatchedSessions } from './watched-sessions.js';

type SegmentNote = ToControlPlane['recording.segment'];

/** One segment as the index has it. */
export interface SegmentRow {
  readonly index: number;
  readonly sha256: string;
  readonly chain: string;
  readonly bytes: number;
  readonly last: boolean;
}

/** Recordings as segments: the bytes in the storage, one row each in the index, tied together by their chain. */
@Injectable()
export class RecordingsService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(SEGMENT_STORAGE) private readonly storage: SegmentStorage,
    private readonly watched: WatchedSessions,
  ) {}

  /**
   * Returns when the segment is durable and indexed; the same one again is harmless. The caller has made sure that the
   * session is the sender's. Throws ProblemError for a segment that is not what it says or does not fit its neighbours.
   */
  async store(note: SegmentNote, bytes: Buffer): Promise<void> {
    checkBytes(note, bytes);
    if (await fits(this.dataSource, note, bytes)) return;
    // First the bytes, then the index: a row always has its file, and a file without a row is written again.
    await this.storage.write(note, bytes);
    await this.dataSource.transaction(async (manager) => {
      await manager.query('SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE', [note.sessionId]);
      if (await fits(manager, note, bytes)) return;
      await manager.query(
        'INSERT INTO recording_segments (session_id, index, sha256, chain, bytes, last) VALUES ($1, $2, $3, $4, $5, $6)',
        [note.sessionId, note.index, note.sha256, note.chain, bytes.length, note.last],
      );
    });
    countSegment(bytes.length);
    this.watched.stored(note.sessionId);
  }

  async state(sessionId: string): Promise<RecordingState> {
    const { segments, gaps, complete } = await this.index(sessionId);
    return { segments: segments.length, bytes: segments.reduce((sum, one) => sum + one.bytes, 0), complete, gaps };
  }

  async index(sessionId: string): Promise<RecordingIndex> {
    const segments = await rows<SegmentRow>(
      this.dataSource,
      'SELECT index, sha256, chain, bytes, last FROM recording_segments WHERE session_id = $1 ORDER BY index',
      [sessionId],
    );
    const gaps = missingBelow(segments.map((segment) => segment.index));
    return { sessionId, complete: segments.at(-1)?.last === true && gaps.length === 0, gaps, segments };
  }

  /** The segments that are there, one after another, as stored. Throws in the middle when one is no longer what came. */
  async *read(index: RecordingIndex): AsyncGenerator<Buffer> {
    for (const segment of index.segments) yield await this.readOne(index.sessionId, segment);
  }

  /** Throws when it is no longer what came. */
  async readOne(sessionId: string, { index, sha256 }: Pick<SegmentRow, 'index' | 'sha256'>): Promise<Buffer> {
    const bytes = await this.storage.read({ sessionId, index, sha256 });
    if (segmentDigest(bytes).toString('hex') === sha256) return bytes;
    throw new Error(`segment ${index} of ${sessionId} is not the one that was stored`);
  }

  /** The next segments behind this one, at most `limit`, in order. */
  after(sessionId: string, index: number, limit: number): Promise<SegmentRow[]> {
    return rows<SegmentRow>(
      this.dataSource,
      `SELECT index, sha256, chain, bytes, last FROM recording_segments WHERE session_id = $1 AND index > $2
       ORDER BY index LIMIT $3`,
      [sessionId, index, limit],
    );
  }
}

/** What an ascending list of indexes leaves out; the first thousand, because one is enough to know. */
function missingBelow(present: readonly number[]): number[] {
  const missing: number[] = [];
  let expected = 0;
  for (const index of present) {
    for (; expected < index && missing.length < 1000; expected += 1) missing.push(expected);
    expected = index + 1;
  }
  return missing;
}

/** The bytes are the ones that the message describes, and they are this session's segment with this index. */
function checkBytes(note: SegmentNote, bytes: Buffer): void {
  if (segmentDigest(bytes).toString('hex') !== note.sha256) {
    throw new ProblemError(422, 'digest-mismatch', 'The attachment does not have the stated SHA-256.');
  }
  const header = headerOf(bytes);
  if (header?.sessionId !== note.sessionId || header.index !== note.index) {
    throw new ProblemError(422, 'wrong-segment', 'The attachment is not the segment that the message names.');
  }
}

function headerOf(bytes: Buffer): { sessionId: string; index: number; previousChain: Buffer } | undefined {
  const [item] = new RecordingParser().push(bytes.subarray(0, segmentHeaderBytes));
  return item?.kind === 'segment' ? item.header : undefined;
}

/** True: it is there already. False: there is room for it, and its neighbours agree. Anything else throws. */
async function fits(db: Queryable, note: SegmentNote, bytes: Buffer): Promise<boolean> {
  const { sessionId, index, sha256 } = note;
  const near = await rows<SegmentRow>(
    db,
    'SELECT index, sha256, chain, bytes, last FROM recording_segments WHERE session_id = $1 AND index BETWEEN $2 AND $3',
    [sessionId, index - 1, index + 1],
  );
  const at = (wanted: number): SegmentRow | undefined => near.find((row) => row.index === wanted);
  const there = at(index);
  if (there) {
    if (there.sha256 === sha256 && there.chain === note.chain && there.last === note.last) return true;
    throw new ProblemError(409, 'segment-conflict', `Segment ${index} was stored with other content.`);
  }
  const before = headerOf(bytes)!.previousChain;
  const known = index === 0 ? initialChain(sessionId).toString('hex') : at(index - 1)?.chain;
  const follows = known === undefined || known === before.toString('hex');
  const adds = nextChain(before, segmentDigest(bytes)).toString('hex') === note.chain;
  const after = at(index + 1);
  const leads =
    !after ||
    nextChain(Buffer.from(note.chain, 'hex'), Buffer.from(after.sha256, 'hex')).toString('hex') === after.chain;
  if (!follows || !adds || !leads) {
    throw new ProblemError(422, 'chain-mismatch', `Segment ${index} does not continue the recording.`);
  }
  const beyond = await firstRow(
    db,
    `SELECT 1 FROM recording_segments WHERE session_id = $1 AND ((last AND index < $2) OR ($3 AND index > $2)) LIMIT 1`,
    [sessionId, index, note.last],
  );
  if (beyond) throw new ProblemError(409, 'recording-complete', 'The recording ends before this segment.');
  return false;
}
