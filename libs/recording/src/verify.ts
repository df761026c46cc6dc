import { createHash } from 'node:crypto';
import { initialChain, nextChain } from './digest.js';
import type { Frame } from './frame.js';
import { readRecording, type RecordingItem } from './reader.js';

export type VerifyCode =
  | 'empty'
  | 'damaged'
  | 'truncated'
  | 'segment-missing'
  | 'segment-order'
  | 'wrong-session'
  | 'chain-broken'
  | 'digest-mismatch'
  | 'not-opened'
  | 'not-closed'
  | 'after-close'
  | 'decision-order'
  | 'outcome-without-permit';

export interface VerifyIssue {
  readonly code: VerifyCode;
  /** Bytes from the recording's start. */
  readonly offset: number;
  readonly message: string;
}

export interface VerifyReport {
  /** True when there is no issue: whole, in order, unchanged. */
  readonly ok: boolean;
  readonly sessionId?: string;
  readonly segments: number;
  readonly decisions: number;
  /** Chain value after the last segment, hex: compare it with what the control plane keeps. */
  readonly chain?: string;
  /** True when the recording ends with a close frame written by a later process: the gateway was killed. */
  readonly interrupted: boolean;
  readonly issues: readonly VerifyIssue[];
}

/** What is known about the recording from elsewhere; whatever is given is compared. */
export interface Expectations {
  readonly sessionId?: string;
  /** Hex. */
  readonly chain?: string;
  /** SHA-256 of each segment, hex, in order. */
  readonly digests?: readonly string[];
}

export async function verifyRecording(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  expected: Expectations = {},
): Promise<VerifyReport> {
  const check = new Verification(expected);
  for await (const item of readRecording(source)) check.item(item);
  return check.report();
}

class Verification {
  readonly #issues: VerifyIssue[] = [];
  #sessionId: string | undefined;
  #segments = 0;
  #hash = createHash('sha256');
  #chain: Buffer | undefined;
  #frames = 0;
  #decisions = 0;
  #closed: Extract<Frame, { kind: 'close' }> | undefined;
  #lastSeq = 0;
  readonly #permitted = new Set<number>();

  constructor(private readonly expected: Expectations) {
    this.#sessionId = expected.sessionId;
  }

  item(item: RecordingItem): void {
    if (item.kind === 'end') return this.#end(item);
    if (item.kind === 'segment') this.#segment(item);
    else this.#frame(item.frame, item.offset);
    this.#hash.update(item.raw);
  }

  report(): VerifyReport {
    return {
      ok: this.#issues.length === 0,
      sessionId: this.#sessionId,
      segments: this.#segments,
      decisions: this.#decisions,
      chain: this.#chain?.toString('hex'),
      interrupted: this.#closed?.interrupted ?? false,
      issues: this.#issues,
    };
  }

  #issue(code: VerifyCode, offset: number, message: string): void {
    this.#issues.push({ code, offset, message });
  }

  #segment({ header, offset }: Extract<RecordingItem, { kind: 'segment' }>): void {
    this.#seal(offset);
    this.#sessionId ??= header.sessionId;
    if (header.sessionId !== this.#sessionId) {
      this.#issue('wrong-session', offset, `segment ${header.index} belongs to session ${header.sessionId}`);
    }
    const want = this.#segments;
    if (header.index > want) this.#issue('segment-missing', offset, `segment ${want} is missing`);
    if (header.index < want) this.#issue('segment-order', offset, `segment ${header.index} where ${want} belongs`);
    this.#chain ??= initialChain(this.#sessionId);
    if (!header.previousChain.equals(this.#chain)) {
      this.#issue('chain-broken', offset, `segment ${header.index} does not follow what stands before it`);
    }
    this.#segments = header.index + 1;
  }

  /** Ends the segment before `offset`. */
  #seal(offset: number): void {
    if (!this.#chain) return;
    const digest = this.#hash.digest();
    this.#hash = createHash('sha256');
    this.#chain = nextChain(this.#chain, digest);
    const known = this.expected.digests?.[this.#segments - 1];
    if (known !== undefined && known !== digest.toString('hex')) {
      this.#issue('digest-mismatch', offset, `segment ${this.#segments - 1} is not the one that was stored`);
    }
  }

  #frame(frame: Frame, offset: number): void {
    if (this.#closed) this.#issue('after-close', offset, `a ${frame.kind} frame after the close`);
    const first = this.#frames === 0;
    this.#frames += 1;
    if (first !== (frame.kind === 'open') || (frame.kind === 'open' && frame.session.id !== this.#sessionId)) {
      this.#issue('not-opened', offset, 'a recording starts with one open frame of its session');
    }
    if (frame.kind === 'close') this.#closed = frame;
    if (frame.kind === 'decision') {
      const { seq, effect } = frame.decision;
      this.#decisions += 1;
      if (seq < this.#lastSeq) this.#issue('decision-order', offset, `decision ${seq} after ${this.#lastSeq}`);
      this.#lastSeq = Math.max(seq, this.#lastSeq);
      if (effect !== 'deny') this.#permitted.add(seq);
    }
    if (frame.kind === 'outcome' && !this.#permitted.has(frame.seq)) {
      this.#issue('outcome-without-permit', offset, `exchange ${frame.seq} ran without a decision that let it`);
    }
  }

  #end({ offset, truncated, damage }: Extract<RecordingItem, { kind: 'end' }>): void {
    if (damage) this.#issue('damaged', damage.offset, damage.message);
    if (truncated) this.#issue('truncated', offset, 'the recording ends inside a frame');
    if (this.#segments === 0) return this.#issue('empty', offset, 'there is no segment');
    this.#seal(offset);
    if (!this.#closed)
      this.#issue('not-closed', offset, 'the recording has no end: the session is open, or its end is missing');
    const { digests, chain } = this.expected;
    if (digests && digests.length !== this.#segments) {
      this.#issue('segment-missing', offset, `${digests.length} segments were stored, ${this.#segments} are here`);
    }
    if (chain !== undefined && chain !== this.#chain?.toString('hex')) {
      this.#issue('digest-mismatch', offset, 'the chain ends in another value than the one that was stored');
    }
  }
}
