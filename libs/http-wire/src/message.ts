import type { Duplex } from 'node:stream';
import type { Holder } from '@sallyport/wire-kit';

/** Name in lower case; value as latin1 text without surrounding blanks. In the order received; names may repeat. */
export type HeaderField = readonly [name: string, value: string];

/**
 * A request target in the one form that is both matched and forwarded: absolute path, no empty or dot segments, no encoded
 * slash, backslash or NUL, percent-encoding upper-case and only where RFC 3986 section 3.3 needs it.
 */
export interface CanonicalTarget {
  /** Starts with `/`. */
  readonly path: string;
  /** The path's segments, decoded; a trailing slash is an empty last segment. */
  readonly segments: readonly string[];
  /** What stands after `?`, as received but for characters that no query may hold; undefined without `?`. */
  readonly query: string | undefined;
}

export interface RequestHead {
  /** A token, as sent: methods are case-sensitive (RFC 9110 section 9.1). */
  readonly method: string;
  readonly target: CanonicalTarget;
  /** `host` or `host:port`, lower case; equal in `Host` and `:authority` where both are there. */
  readonly authority: string;
  /** Without `host` and without what frames the message (`content-length`, `transfer-encoding`, `connection`, pseudo-headers). */
  readonly headers: readonly HeaderField[];
  readonly version: '1.0' | '1.1' | '2';
  /** Protocol that the client asks to switch to, lower case: `websocket`, `spdy/3.1`. */
  readonly upgrade: string | undefined;
  /** Bytes of the body where they are known; undefined for a body of unknown length. 0: there is none. */
  readonly bodyLength: number | undefined;
}

export interface ResponseHead {
  readonly status: number;
  /** Without framing headers: whoever writes the message adds its own. */
  readonly headers: readonly HeaderField[];
  /** As for a request; a 204 and a 304 have none, a response to HEAD says how long the body would be, where that is known. */
  readonly bodyLength: number | undefined;
  /** The body ends where the upstream's connection does: that all of it came cannot be told. */
  readonly untilClose?: boolean;
}

/** What can be wrong with the bytes of a message. `code` is for logs and tests; the text is safe to show. */
export class WireFault extends Error {
  override readonly name = 'WireFault';
  constructor(
    readonly code: string,
    message: string,
    /** What a server answers before it closes. */
    readonly status: 400 | 408 | 413 | 414 | 417 | 421 | 431 | 501 | 502 | 504 | 505 = 400,
  ) {
    super(message);
  }
}

export interface BodySink {
  /** The chunk belongs to the receiver from now on, unless it has a `holder`. */
  data(chunk: Buffer): void;
  end(): void;
  /** The body broke off: what came is not whole. Nothing follows. */
  error(fault: WireFault): void;
  /**
   * For a receiver that may be lent its chunks: who may still need any byte that it was handed until now, itself or whom it
   * handed it on to. As soon as nobody does, the memory is written to again. Asked after the end as well.
   */
  readonly holder?: (() => Holder | undefined) | undefined;
}

/** A body on its way in. Nothing is delivered before `start`, and nothing inside the call to it. */
export interface BodyReader {
  /** Once. */
  start(sink: BodySink): void;
  /** Stops delivery and, in time, the sender. */
  pause(): void;
  resume(): void;
  /** Nobody wants the rest. Nothing is delivered after. */
  cancel(): void;
}

/** A body on its way out. */
export interface BodyWriter {
  /** Who still needs what was written until now; undefined: nobody, its memory may be written to again. */
  holder(): Holder | undefined;
  /** False: wait for `onDrain` before writing more. */
  write(chunk: Buffer): boolean;
  end(): void;
  /** Breaks off so that the receiver cannot take what came for whole. */
  abort(): void;
  onDrain(listener: () => void): void;
}

/** After a switch of protocols: bytes both ways. */
export type Tunnel = Duplex;

/** One request as a server connection hands it over. */
export interface ServerRequest {
  readonly head: RequestHead;
  /** Undefined where there is none. */
  readonly body: BodyReader | undefined;
  /** Once. Answers with this head and the whole body. */
  respond(head: ResponseHead, body: Buffer): void;
  /** Once. Answers with this head; the body follows. */
  stream(head: ResponseHead): BodyWriter;
  /** Once, and only where `head.upgrade` is set: answers 101 with these headers; bytes that the client sent ahead come first. */
  switchProtocols(headers: readonly HeaderField[]): Tunnel;
  /** Ends the request without an answer: resets the stream, or closes the connection. */
  abort(): void;
  /** Called once when the client gave up on the request or its connection ended before the answer was out. */
  onAbort(listener: () => void): void;
}

/** One client connection, HTTP/1.1 or HTTP/2. */
export interface ServerConnection {
  /** Takes no new request; ends once those under way are answered, or at once. */
  end(): void;
  destroy(): void;
}

/** What an upstream is asked. */
export interface UpstreamRequest {
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  readonly headers: readonly HeaderField[];
  /** The whole body, or one that streams with its length where it is known; undefined: none. */
  readonly body: Buffer | { readonly reader: BodyReader; readonly length: number | undefined } | undefined;
  readonly upgrade: string | undefined;
}

export interface UpstreamHandlers {
  /** Once, unless `failed` or `switched` comes first. */
  response(head: ResponseHead, body: BodyReader | undefined): void;
  /** The upstream agreed to the switch that was asked for. */
  switched(head: ResponseHead, tunnel: Tunnel): void;
  /** No response. `sent` is false only where not one byte of the request can have reached the upstream. */
  failed(fault: WireFault, sent: boolean): void;
}

export interface UpstreamExchange {
  /** Gives up: the upstream sees the request broken off. Nothing is called after. */
  cancel(): void;
}
