import { readRecording } from '../reader.js';

/**
 * One JSON object a line: every segment header and frame, raw bytes as base64, times as ISO 8601 with microseconds. A last
 * line of kind `end` says whether the recording was whole.
 */
export async function* exportJsonl(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<string> {
  for await (const item of readRecording(source)) {
    if (item.kind === 'end') {
      yield JSON.stringify({ kind: 'end', truncated: item.truncated, damage: item.damage });
    } else if (item.kind === 'segment') {
      const { sessionId, index, previousChain } = item.header;
      yield JSON.stringify({ kind: 'segment', sessionId, index, previousChain: previousChain.toString('hex') });
    } else {
      const { time, ...frame } = item.frame;
      const shown = 'bytes' in frame ? { kind: frame.kind, base64: frame.bytes.toString('base64') } : frame;
      yield JSON.stringify({ at: isoTime(time), ...shown });
    }
  }
}

export function isoTime(micros: number): string {
  const millis = Math.floor(micros / 1000);
  const date = new Date(millis);
  // A damaged recording may hold a time no Date can: show the number.
  if (Number.isNaN(date.getTime())) return String(micros);
  return date.toISOString().replace('Z', `${String(micros - millis * 1000).padStart(3, '0')}Z`);
}
