import { randomUUID } from 'node:crypto';
import { atTurnEnd } from '@sallyport/wire-kit';
import { silentLog } from '../testing-gateway.js';
import type { SessionRecorder } from './session-recorder.js';
import { Spool } from './spool.js';
import { sampleRecord, sampleSession } from './testing-sessions.js';

/**
 * For tests, in a process of its own that will be killed: records on several sessions as fast as it can, and says on
 * standard output, after each flush, how much of which session is now in the operating system's hands. Flushes at once, or
 * in fsync durability all sessions when a turn ends.
 */
const [directory, sessions, when] = process.argv.slice(2);
const spool = new Spool({
  directory: directory!,
  maxBytes: 1024 ** 3,
  durability: when === 'now' ? 'write' : 'fsync',
  segmentBytes: 64 * 1024,
  log: silentLog,
  onSealed: () => undefined,
  onFailure: () => process.exit(3),
});
const recorders = Array.from({ length: Number(sessions) }, () => spool.record(sampleSession(randomUUID())));

function flush(recorder: SessionRecorder, seq: number): void {
  recorder.flush();
  process.stdout.write(`${recorder.sessionId} ${seq}\n`);
}

function write(seq: number): void {
  for (const recorder of recorders) {
    recorder.decision(sampleRecord(seq));
    recorder.response(Buffer.alloc((seq * 7919) % 5000, seq));
    if (when === 'now') flush(recorder, seq);
    else recorder.flushSoon();
  }
  if (when === 'now') setImmediate(() => write(seq + 1));
  else atTurnEnd({ turnEnded: () => flushAll(seq) });
}

function flushAll(seq: number): void {
  for (const recorder of recorders) flush(recorder, seq);
  // Most of a second's worth stands on pages only, as it does beside sockets.
  setTimeout(() => write(seq + 1), 1);
}
write(1);
