import { tokenBytes } from '../headers/field-syntax.js';
import type { RequestHead } from '../message.js';
import { WireFault } from '../message.js';
import type { ServerLimits } from '../server/server-limits.js';
import { parseTarget } from '../target.js';
import { parseFieldLines } from './field-lines.js';
import type { InputBuffer } from './input-buffer.js';
import { requestFraming, type RequestFraming } from './request-framing.js';
import { parseRequestLine } from './request-line.js';

export interface ParsedRequest {
  readonly head: RequestHead;
  readonly framing: RequestFraming;
}

export type HeadLimits = Pick<ServerLimits, 'requestLineBytes' | 'headBytes' | 'fields'>;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
/** A longer head is not remembered: an idle connection is to stay small. Bytes. */
const rememberedBytes = 2048;
const endOfHead = Buffer.from('\r\n\r\n', 'latin1');

interface RememberedHead {
  /** The first `size` of them. */
  readonly bytes: Buffer;
  readonly size: number;
  readonly parsed: ParsedRequest;
}

/**
 * Request heads out of bytes, strictly (RFC 9112): what a lenient server would repair is a fault here, since the next
 * server might repair it otherwise. How the bytes were cut into chunks makes no difference.
 */
export class RequestHeadParser {
  /** Of the unconsumed bytes, how many were looked through for the end of the head. */
  #scanned = 0;
  #last: RememberedHead | undefined;

  constructor(private readonly limits: HeadLimits) {}

  /**
   * Consumes one head, or nothing while it is incomplete. A head that is the last one again, to the byte, is the same object.
   * @throws WireFault 400, 414, 417, 431, 501 or 505; nothing may be parsed after it
   */
  parse(input: InputBuffer): ParsedRequest | undefined {
    const last = this.#last;
    if (last && isNext(input, last)) {
      input.consume(last.size);
      this.#scanned = 0;
      return last.parsed;
    }
    const from = Math.max(input.start, input.start + this.#scanned - endOfHead.length + 1);
    const found = input.bytes.indexOf(endOfHead, from);
    if (found < 0 || found + endOfHead.length > input.end) {
      this.#refuseEarly(input);
      return undefined;
    }
    const size = found + endOfHead.length - input.start;
    const bytes = input.bytes.subarray(input.start, found + 2);
    const text = bytes.toString('latin1');
    const lineEnd = text.indexOf('\r\n');
    this.#checkSizes(lineEnd, size);
    const line = parseRequestLine(text.slice(0, lineEnd));
    const framing = requestFraming(line, parseFieldLines({ bytes, text }, lineEnd + 2, this.limits.fields));
    const target = parseTarget(line.target, framing.authority);
    if (line.method === 'CONNECT') throw new WireFault('connect', 'CONNECT is not served', 501);
    if (target instanceof WireFault) throw target;
    const head: RequestHead = {
      method: line.method,
      target,
      authority: framing.authority,
      headers: framing.headers,
      version: line.version,
      upgrade: framing.upgrade?.toLowerCase(),
      bodyLength: framing.body === 'chunked' ? undefined : framing.body,
    };
    const parsed = { head, framing };
    this.#remember(input, size, parsed);
    input.consume(size);
    this.#scanned = 0;
    return parsed;
  }

  #remember({ bytes, start }: InputBuffer, size: number, parsed: ParsedRequest): void {
    if (size > rememberedBytes) return;
    const room = this.#last?.bytes;
    const kept = room && room.length >= size ? room : Buffer.allocUnsafeSlow(size);
    bytes.copy(kept, 0, start, start + size);
    this.#last = { bytes: kept, size, parsed };
  }

  /** What cannot become a request any more is not waited for. */
  #refuseEarly(input: InputBuffer): void {
    const { bytes, start, end } = input;
    if (start === end) return;
    if (tokenBytes[bytes[start] as number] !== 1) throw new WireFault('bad-method', 'The method is no token');
    for (let at = start + this.#scanned; at < end; at++) {
      if (bytes[at] === lineFeed && bytes[at - 1] !== carriageReturn) {
        throw new WireFault('bare-line-feed', 'A line must end with CR LF');
      }
    }
    const lineFeedAt = bytes.indexOf(lineFeed, start);
    // A line that is not complete may have its CR at the end.
    const lineBytes = (lineFeedAt < 0 || lineFeedAt >= end ? end : lineFeedAt) - start - 1;
    this.#checkSizes(lineBytes, end - start);
    this.#scanned = end - start;
  }

  #checkSizes(lineBytes: number, headBytes: number): void {
    if (lineBytes > this.limits.requestLineBytes) throw new WireFault('target-too-long', 'The target is too long', 414);
    if (headBytes > this.limits.headBytes)
      throw new WireFault('head-too-large', 'The header fields are too large', 431);
  }
}

/** A head holds its end only at its end, so bytes that begin with the same ones begin with the same head. */
function isNext({ bytes, start, length }: InputBuffer, last: RememberedHead): boolean {
  return length >= last.size && bytes.compare(last.bytes, 0, last.size, start, start + last.size) === 0;
}
