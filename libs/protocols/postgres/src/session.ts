import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { TLSSocket } from 'node:tls';
import {
  stillPermitted,
  type ApprovalOutcome,
  type EnforcementContext,
  type GatewayHost,
  type LiveSession,
  type Permit,
  type ResourceBinding,
} from '@sallyport/enforcement';
import type { SqlInspector } from '@sallyport/sql';
import { FlowGate } from '@sallyport/wire-kit';
import type { CatalogSource } from './catalog-source.js';
import { cancelUpstream } from './cancel.js';
import { capabilities } from './capabilities.js';
import type { CatalogView } from './classification.js';
import { Outbox } from './outbox.js';
import { fatalMessage } from './refuse.js';
import { ReplyQueue, type Unit } from './replies.js';
import { ReplySide } from './reply-side.js';
import { readChunks } from './reused-reads.js';
import { terminateMessage } from './requests.js';
import { RequestSide } from './request-side.js';
import type { SessionCore } from './session-core.js';
import { SessionState } from './session-state.js';

/** Reasons to stop reading a socket. */
const peerFull = 1;
const recorderFull = 2;
const backlogFull = 4;
/** How much the client may send ahead while its requests wait. Bytes; the socket still notices when the client leaves. */
const maxBacklog = 64 << 10;
/** While data moves, policy is asked so often whether what moves them may still run. Milliseconds. */
const askAgainMs = 500;

export interface SessionParts {
  readonly host: GatewayHost;
  readonly binding: ResourceBinding;
  readonly live: LiveSession;
  readonly inspector: SqlInspector;
  readonly source: CatalogSource;
  readonly client: Socket;
  readonly upstream: Socket;
  /** What cancels on the target. */
  readonly backend: { readonly processId: number; readonly secret: Buffer };
  readonly searchPath: readonly string[];
  /** Called once when the session is over. */
  readonly onClose: () => void;
}

/** One client's session with one target: two directions over one queue of expected replies. */
export class Session implements SessionCore {
  readonly host: GatewayHost;
  readonly binding: ResourceBinding;
  readonly inspector: SqlInspector;
  readonly source: CatalogSource;
  readonly context: EnforcementContext;
  readonly state = new SessionState();
  readonly replies = new ReplyQueue();
  closed = false;
  lastSeq: number;
  readonly #requestSide: RequestSide;
  readonly #replySide: ReplySide;
  readonly #clientGate: FlowGate;
  readonly #upstreamGate: FlowGate;
  readonly #outbox: Outbox;
  #askedAt = performance.now();
  /** A TLS socket always lets go of bytes later: memory of the chunk's own size is the smaller thing to keep. */
  readonly #clientIsTls: boolean;
  readonly #upstreamIsTls: boolean;

  /** @param lastSeq numbers already given out in this session */
  constructor(
    private readonly parts: SessionParts,
    lastSeq: number,
  ) {
    const { live } = parts;
    this.host = parts.host;
    this.binding = parts.binding;
    this.inspector = parts.inspector;
    this.source = parts.source;
    this.lastSeq = lastSeq;
    this.context = contextOf(live);
    this.state.searchPath = parts.searchPath;
    this.#clientGate = new FlowGate(parts.client);
    this.#upstreamGate = new FlowGate(parts.upstream);
    this.#outbox = new Outbox(live.recorder, parts.client, parts.upstream, {
      clientFull: () => this.#upstreamGate.hold(peerFull),
      upstreamFull: () => this.#clientGate.hold(peerFull),
      unrecorded: (error) => this.#unrecorded(error),
    });
    this.#clientIsTls = parts.client instanceof TLSSocket;
    this.#upstreamIsTls = parts.upstream instanceof TLSSocket;
    this.#requestSide = new RequestSide(this);
    this.#replySide = new ReplySide(this, this.#requestSide);
  }

  /** Begins to read both sides. The arguments are what was read from them already. */
  start(fromClient: Buffer, fromUpstream: Buffer): void {
    const { client, upstream } = this.parts;
    readChunks(
      client,
      (chunk) => this.#fromClient(chunk),
      () => this.#holdsClientReads(),
    );
    client.on('drain', () => this.#upstreamGate.release(peerFull));
    client.on('close', () => this.close('the client left'));
    client.on('error', () => this.close('the connection to the client was lost'));
    readChunks(
      upstream,
      (chunk) => this.#fromUpstream(chunk),
      () => this.#holdsUpstreamReads(),
    );
    upstream.on('drain', () => this.#clientGate.release(peerFull));
    upstream.on('close', () => this.#upstreamLost());
    upstream.on('error', () => this.#upstreamLost());
    if (fromUpstream.length > 0) this.#replySide.receive(fromUpstream);
    if (fromClient.length > 0) this.#fromClient(fromClient);
    upstream.resume();
    client.resume();
  }

  nextSeq(): number {
    this.lastSeq += 1;
    return this.lastSeq;
  }

  view(): CatalogView | undefined {
    return this.state.ownView ?? this.source.current();
  }

  toClient(bytes: Buffer, done?: () => void): void {
    if (this.closed) return;
    const { recorder } = this.context;
    try {
      recorder.response(bytes);
    } catch (error) {
      return this.#unrecorded(error);
    }
    this.#outbox.toClient(bytes, done);
    if (recorder.congested) {
      this.#upstreamGate.hold(recorderFull);
      recorder.onDrain(() => this.#upstreamGate.release(recorderFull));
    }
  }

  toUpstream(requests: readonly (Buffer | Permit<Buffer>)[]): void {
    this.#outbox.toUpstream(requests);
  }

  unitEnded(unit: Unit, outcome: ApprovalOutcome): void {
    if (unit.ended) return;
    unit.ended = true;
    this.context.recorder.outcome(unit.seq, unit.completion);
    if (unit.approvalId !== undefined) this.context.approvals.report(unit.approvalId, outcome, unit.completion);
  }

  fatal(sqlState: string, message: string): void {
    if (this.closed) return;
    const last = fatalMessage(sqlState, message);
    try {
      this.context.recorder.response(last);
    } catch {
      // The session ends either way; what could not be recorded is at least what the gateway itself said.
    }
    this.#end(last, message);
  }

  /** The gateway ends the session: revoked, terminated, shut down. */
  terminate(reason: string): void {
    this.fatal('57P01', `terminating connection: ${reason}`);
  }

  /** The client asked to cancel what it has under way, by a connection of its own. */
  cancel(): void {
    if (this.closed) return;
    this.context.recorder.note('cancel', {});
    if (this.#requestSide.abandonHeld()) return;
    if (this.replies.length === 0 || this.replies.first?.hidden) return;
    this.#cancelOnTarget();
  }

  #cancelOnTarget(): void {
    const { processId, secret } = this.parts.backend;
    cancelUpstream({ endpoint: this.binding.upstream, credential: this.binding.credential }, processId, secret).catch(
      (error: unknown) => this.host.log('warn', 'a cancel request did not reach the target', { reason: textOf(error) }),
    );
  }

  close(reason: string): void {
    this.#end(undefined, reason);
  }

  #fromClient(chunk: Buffer): void {
    if (this.closed || (this.replies.copyingIn > 0 && this.#withdrawn())) return;
    this.#requestSide.receive(this.#upstreamIsTls ? Buffer.from(chunk) : chunk);
    if (this.#requestSide.waiting && this.#requestSide.backlog > maxBacklog) this.#clientGate.hold(backlogFull);
  }

  #fromUpstream(chunk: Buffer): void {
    if (this.closed || this.#withdrawn()) return;
    this.#replySide.receive(this.#clientIsTls ? Buffer.from(chunk) : chunk);
  }

  /** Whether the memory of what was read from the target is still in use. */
  #holdsUpstreamReads(): boolean {
    return !this.#clientIsTls && (this.#outbox.holdsReplies || this.#replySide.backlog > 0);
  }

  /** Whether the memory of what was read from the client is still in use. */
  #holdsClientReads(): boolean {
    if (this.#upstreamIsTls) return false;
    return this.#outbox.holdsRequests || this.#requestSide.waiting || this.#requestSide.backlog > 0;
  }

  /** Whether something that is under way may no longer be; then the session is over. */
  #withdrawn(): boolean {
    const now = performance.now();
    if (now - this.#askedAt < askAgainMs) return false;
    this.#askedAt = now;
    for (const { unit } of this.replies) {
      if (!unit || unit.ended || stillPermitted(this.context, unit)) continue;
      this.fatal('42501', 'access was withdrawn while the statement ran');
      return true;
    }
    return false;
  }

  /** Called when requests that waited go on. */
  requestsMoved(): void {
    if (this.#requestSide.backlog <= maxBacklog) this.#clientGate.release(backlogFull);
  }

  #upstreamLost(): void {
    this.fatal('57P01', 'the connection to the target was lost');
  }

  #unrecorded(error: unknown): void {
    this.host.log('error', 'the session could not be recorded', {
      session: this.context.session.id,
      reason: textOf(error),
    });
    this.#end(fatalMessage('58030', 'the session could not be recorded'), 'the recording failed');
  }

  #end(last: Buffer | undefined, reason: string): void {
    if (this.closed) return;
    this.closed = true;
    const { client, upstream, onClose, live } = this.parts;
    // Whoever is cut off has nothing more to ask; what was answered still arrives, and so does what a client said as it left.
    if (last) this.#outbox.dropRequests();
    this.#outbox.leaveNow();
    // A server notices a lost connection only once its statement has ended: whoever is cut off must not run on there.
    if (this.replies.length > 0 && !upstream.destroyed) this.#cancelOnTarget();
    this.#requestSide.abandonHeld();
    this.#requestSide.close();
    for (const reply of this.replies) {
      reply.internal?.reject(new Error('the session ended'));
      if (!reply.unit) continue;
      reply.unit.completion = 'unknown';
      try {
        this.unitEnded(reply.unit, 'unknown');
      } catch {
        // An approval whose outcome nobody reports is unknown to the control plane as well.
      }
    }
    if (last) client.end(last);
    else client.end();
    upstream.end(terminateMessage);
    // Whoever does not close its side in a moment is cut off.
    setTimeout(() => {
      client.destroy();
      upstream.destroy();
    }, lingerMs).unref();
    live.close(reason);
    onClose();
  }
}

/** How long the last words may take. Milliseconds. */
const lingerMs = 2000;

export function contextOf(live: LiveSession): EnforcementContext {
  const { info: session, policy, recorder, approvals } = live;
  return { session, policy, recorder, approvals, capabilities };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
