/**
 * The spool's files, all in one folder: `<session>.<index>.open` is being written, `.sealed` waits for its upload, and
 * `<session>.chain` says how far the session's recording has been acknowledged.
 */
export interface SegmentName {
  readonly sessionId: string;
  readonly index: number;
  readonly state: 'open' | 'sealed';
}

const pattern = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(\d{8})\.(open|sealed)$/;
const chainPattern = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.chain$/;

export function segmentFile({ sessionId, index, state }: SegmentName): string {
  return `${sessionId}.${String(index).padStart(8, '0')}.${state}`;
}

export function parseSegmentFile(file: string): SegmentName | undefined {
  const match = pattern.exec(file);
  return match ? { sessionId: match[1]!, index: Number(match[2]), state: match[3] as 'open' | 'sealed' } : undefined;
}

export function chainFile(sessionId: string): string {
  return `${sessionId}.chain`;
}

export function parseChainFile(file: string): string | undefined {
  return chainPattern.exec(file)?.[1];
}
