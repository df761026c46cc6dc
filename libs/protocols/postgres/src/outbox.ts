import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { Permit, RecorderPort } from '@sallyport/enforcement';
import { atTurnEnd, type TurnTask } from '@sallyport/wire-kit';
import { empty } from './empty.js';

/** What is larger leaves at once: it fills a socket by itself. Bytes. */
const smallBytes = 16 * 1024;
/** Up to here joining pieces is cheaper than writing them one by one. Bytes. */
const joinBelow = 64 * 1024;

export interface OutboxOwner {
  /** A socket has taken all it wants for now. */
  clientFull(): void;
  upstreamFull(): void;
  /** What was about to leave could not be recorded, and did not leave. */
  unrecorded(error: unknown): void;
}

interface ClientPart {
  readonly bytes: Buffer;
  readonly done: (() => void) | undefined;
}

/**
 * What a session has to say in both directions: it leaves once all of it is recorded, at the end of a turn where that is a
 * wait for the disk.
 */
export class Outbox implements TurnTask {
  readonly #requests: (Buffer | Permit<Buffer>)[] = [];
  readonly #replies: ClientPart[] = [];
  #due = false;

  constructor(
    private readonly recorder: RecorderPort,
    private readonly client: Socket,
    private readonly upstream: Socket,
    private readonly owner: OutboxOwner,
  ) {}

  /** Whether anything for the client waits here or in its socket. */
  get holdsReplies(): boolean {
    return this.#replies.length > 0 || this.client.writableLength > 0;
  }

  /** Whether anything for the target waits here or in its socket. */
  get holdsRequests(): boolean {
    return this.#requests.length > 0 || this.upstream.writableLength > 0;
  }

  /** @param bytes recorded. @param done called once nobody reads them any more; not at all when they never leave */
  toClient(bytes: Buffer, done?: () => void): void {
    this.#replies.push({ bytes, done });
    this.#leave(bytes.length > smallBytes);
  }

  toUpstream(requests: readonly (Buffer | Permit<Buffer>)[]): void {
    let large = false;
    for (const request of requests) {
      this.#requests.push(request);
      large ||= Buffer.isBuffer(request) && request.length > smallBytes;
    }
    this.#leave(large);
  }

  /** Nothing that waits for the target may reach it any more. */
  dropRequests(): void {
    empty(this.#requests);
  }

  turnEnded(): void {
    this.#due = false;
    this.leaveNow();
  }

  leaveNow(): void {
    const requests = this.#requests;
    const replies = this.#replies;
    if (requests.length === 0 && replies.length === 0) return;
    try {
      for (let at = 0; at < requests.length; at += 1) requests[at] = taken(requests[at]!);
      this.recorder.flush();
    } catch (error) {
      empty(requests);
      empty(replies);
      return this.owner.unrecorded(error);
    }
    if (requests.length > 0) this.#writeRequests(requests as Buffer[]);
    if (replies.length > 0) this.#writeReplies(replies);
    empty(requests);
    empty(replies);
  }

  #leave(now: boolean): void {
    if (now || !this.recorder.waitsForDisk) return this.leaveNow();
    if (this.#due) return;
    this.#due = true;
    this.recorder.flushSoon();
    atTurnEnd(this);
  }

  #writeRequests(requests: readonly Buffer[]): void {
    const { upstream } = this;
    let room = true;
    for (const part of joined(requests)) room = upstream.write(part);
    if (!room && upstream.writableNeedDrain) this.owner.upstreamFull();
  }

  #writeReplies(replies: readonly ClientPart[]): void {
    const { client } = this;
    let room = true;
    for (const { bytes, done } of replies) room = client.write(bytes, done);
    if (!room && client.writableNeedDrain) this.owner.clientFull();
  }
}

function taken(request: Buffer | Permit<Buffer>): Buffer {
  return Buffer.isBuffer(request) ? request : request.take();
}

function joined(parts: readonly Buffer[]): readonly Buffer[] {
  const [first] = parts;
  if (!first || parts.length === 1) return parts;
  let total = first.length;
  let adjacent = true;
  for (let at = 1; at < parts.length; at += 1) {
    adjacent &&= parts[at]!.byteOffset === first.byteOffset + total;
    total += parts[at]!.length;
  }
  if (adjacent) {
    // A group of messages that all go on as they came is one piece of what was read.
    const { buffer } = first;
    for (let at = 1; at < parts.length; at += 1) adjacent &&= parts[at]!.buffer === buffer;
    if (adjacent) return [Buffer.from(buffer, first.byteOffset, total)];
  }
  return total <= joinBelow ? [Buffer.concat(parts, total)] : parts;
}
