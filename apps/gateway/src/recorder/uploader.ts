import { rm } from 'node:fs/promises';
import { nextChain, setPreviousChain } from '@sallyport/recording';
import { LinkError } from '../link/link-error.js';
import type { ControlPlaneLink } from '../link/control-plane-link.js';
import type { Logger } from '../logger.js';
import { removeChainState, startOfChain, writeChainState, type ChainState } from './chain-state.js';
import { SegmentMemory } from './segment-memory.js';
import type { SealedSegment } from './spool.js';

export interface UploaderOptions {
  readonly directory: string;
  readonly link: Pick<ControlPlaneLink, 'request' | 'connected'>;
  /** False while the control plane does not know the session yet: a segment of it would be refused. */
  readonly known: (sessionId: string) => boolean;
  /** Bytes that are no longer on this disk. */
  readonly onReleased: (bytes: number) => void;
  readonly log: Logger;
  /** Uploads at once. Few: the same connection carries approvals, which must not wait behind recordings. */
  readonly concurrency?: number;
  /** True while live sessions need this process more than recordings need to be elsewhere: only old ones go then, one by one. */
  readonly defer?: () => boolean;
  /** How long recordings stay behind because of sessions. Milliseconds. */
  readonly patienceMs?: number;
  /** Sessions that somebody watches: theirs go first, and wait for no quiet moment. */
  readonly urgent?: () => Iterable<string>;
  /** Milliseconds. */
  readonly firstRetry?: number;
  readonly longestRetry?: number;
}

interface Waiting extends SealedSegment {
  /** Monotonic milliseconds. */
  readonly since: number;
}

interface SessionQueue {
  readonly segments: Waiting[];
  state: ChainState;
  busy: boolean;
  failures: number;
  notBefore: number;
}

const uploadTimeoutMs = 60_000;
const usualPatienceMs = 30_000;
/** What a session has just begun to pour out is not sent after it before it shows how much that will be. Milliseconds. */
const settleMs = 300;
/** How long to leave a busy gateway alone before looking again. Milliseconds. */
const deferMs = 250;

/**
 * Brings sealed segments to the control plane: a session's in order, each deleted only once it is acknowledged as durable.
 * What was sent twice because an acknowledgement got lost is the same bytes again.
 */
export class Uploader {
  readonly #queues = new Map<string, SessionQueue>();
  /** Those of them that have something to deliver, in the order of their turns. */
  readonly #turns = new Map<string, SessionQueue>();
  readonly #memory = new SegmentMemory();
  #active = 0;
  #waiting = 0;
  #wakeUp: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(private readonly options: UploaderOptions) {}

  /** Segments that wait for their acknowledgement. */
  get backlog(): number {
    return this.#waiting;
  }

  /** True while a sealed segment of the session has not been acknowledged. */
  waitsFor(sessionId: string): boolean {
    return this.#turns.has(sessionId);
  }

  /** @param state where the recording stands, when an earlier process began it. */
  add(segment: SealedSegment, state?: ChainState): void {
    let queue = this.#queues.get(segment.sessionId);
    if (!queue) {
      queue = { segments: [], state: state ?? startOfChain(segment.sessionId), busy: false, failures: 0, notBefore: 0 };
      this.#queues.set(segment.sessionId, queue);
    }
    queue.segments.push({ ...segment, since: performance.now() });
    this.#turns.set(segment.sessionId, queue);
    this.#waiting += 1;
    this.#fill();
  }

  /** The control plane knows one more session. */
  sessionKnown(): void {
    this.#fill();
  }

  /** The link is up: what failed before is tried at once. */
  resume(): void {
    for (const queue of this.#turns.values()) queue.notBefore = 0;
    this.#fill();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#wakeUp);
  }

  #fill(): void {
    if (this.#stopped || !this.options.link.connected || this.#waiting === 0) return;
    const now = performance.now();
    let nextTry = Infinity;
    for (const sessionId of this.options.urgent?.() ?? []) nextTry = Math.min(nextTry, this.#begin(sessionId, now));
    const deferred = this.options.defer?.() === true;
    if (deferred) nextTry = Math.min(nextTry, now + deferMs);
    for (const [sessionId, { segments }] of this.#turns) {
      if (deferred ? this.#active > 0 : this.#isFull) break;
      const [first] = segments as [Waiting, ...Waiting[]];
      const due = first.since + (deferred ? (this.options.patienceMs ?? usualPatienceMs) : first.last ? 0 : settleMs);
      nextTry = Math.min(nextTry, due <= now ? this.#begin(sessionId, now) : due);
    }
    if (nextTry !== Infinity) this.#fillIn(nextTry - now + 1);
  }

  /** Begins the session's next upload where it may. Returns when to look again, unless something else will say so. */
  #begin(sessionId: string, now: number): number {
    const queue = this.#turns.get(sessionId);
    if (!queue || queue.busy || this.#isFull || !this.options.known(sessionId)) return Infinity;
    if (queue.notBefore > now) return queue.notBefore;
    // To the end of the line: no session waits because another has much to say.
    this.#turns.delete(sessionId);
    this.#turns.set(sessionId, queue);
    void this.#uploadFirst(sessionId, queue);
    return Infinity;
  }

  get #isFull(): boolean {
    return this.#active >= (this.options.concurrency ?? 4);
  }

  #fillIn(milliseconds: number): void {
    clearTimeout(this.#wakeUp);
    this.#wakeUp = setTimeout(() => this.#fill(), milliseconds);
    this.#wakeUp.unref();
  }

  async #uploadFirst(sessionId: string, queue: SessionQueue): Promise<void> {
    const segment = queue.segments[0]!;
    queue.busy = true;
    this.#active += 1;
    try {
      await this.#upload(segment, queue);
      queue.segments.shift();
      queue.failures = 0;
      this.#waiting -= 1;
      this.options.onReleased(segment.bytes);
      if (queue.segments.length === 0) this.#turns.delete(sessionId);
      if (segment.last) this.#queues.delete(sessionId);
    } catch (error) {
      this.#failed(segment, queue, error);
    } finally {
      queue.busy = false;
      this.#active -= 1;
    }
    this.#fill();
  }

  async #upload(segment: SealedSegment, queue: SessionQueue): Promise<void> {
    const { sessionId, index, path, last } = segment;
    const { directory, link } = this.options;
    if (index !== queue.state.next) {
      // Somebody removed a file. What is left is still evidence, and the gap shows in its numbering.
      this.options.log.error({ sessionId, missing: queue.state.next }, 'a recording segment is gone from the spool');
    }
    const bytes = await this.#memory.read(path);
    setPreviousChain(bytes, queue.state.chain);
    // On the thread pool: a mebibyte would hold up every session for a millisecond.
    const digest = Buffer.from(await crypto.subtle.digest('SHA-256', bytes));
    const chain = nextChain(queue.state.chain, digest);
    const body = { sessionId, index, sha256: digest.toString('hex'), chain: chain.toString('hex'), last };
    await link.request('recording.segment', body, { attachment: bytes, timeoutMs: uploadTimeoutMs });
    // Without an answer the bytes may still be on their way.
    this.#memory.giveBack(bytes);
    const state = { next: index + 1, chain };
    if (!last) await writeChainState(directory, sessionId, state);
    queue.state = state;
    await rm(path);
    if (last) await removeChainState(directory, sessionId);
  }

  /** It stays on the disk and is tried again, however long it takes. */
  #failed({ sessionId, index }: SealedSegment, queue: SessionQueue, error: unknown): void {
    const { firstRetry = 500, longestRetry = 60_000, log } = this.options;
    queue.failures += 1;
    queue.notBefore = performance.now() + Math.min(longestRetry, firstRetry * 2 ** Math.min(queue.failures, 10));
    if (error instanceof LinkError && error.code === 'offline') return;
    log.error({ sessionId, index, error: (error as Error).message }, 'a recording segment could not be delivered');
  }
}
