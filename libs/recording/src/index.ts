export type { FrameKind, SegmentHeader } from './format.js';
export {
  encodeSegmentHeader,
  formatVersion,
  frameHeaderBytes,
  segmentHeaderBytes,
  sessionIdBytes,
  sessionIdOf,
  setPreviousChain,
} from './format.js';
export type { Frame, RecordedDecision } from './frame.js';
export type { SegmentSink } from './writer.js';
export { copiedMost, RecordingWriter } from './writer.js';
export type { KeptPage, KeptPages } from './frame-buffer.js';
export { FrameBuffer } from './frame-buffer.js';
export type { SegmentPiece, SegmentPlace } from './kept-page.js';
export { placeBytes, readKeptPage, writePlace } from './kept-page.js';
export type { Damage, RecordingItem } from './reader.js';
export { readRecording, RecordingParser } from './reader.js';
export { initialChain, nextChain, segmentDigest } from './digest.js';
export type { Expectations, VerifyCode, VerifyIssue, VerifyReport } from './verify.js';
export { verifyRecording } from './verify.js';
export { exportJsonl } from './export/jsonl.js';
export { exportTranscript, followTranscript } from './export/transcript.js';
export { PostgresTranscript } from './export/postgres-transcript.js';
export { printable } from './export/printable.js';
export type { AsciicastOptions } from './export/asciicast.js';
export { exportAsciicast, NoTerminalError } from './export/asciicast.js';
export { SafeTerminal, safeTerminal } from './export/safe-terminal.js';
