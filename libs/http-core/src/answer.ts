import type { BodyReader, BodySink, BodyWriter, HeaderField, ResponseHead, ServerRequest } from '@sallyport/http-wire';
import { WireFault } from '@sallyport/http-wire';
import type { StreamMask } from '@sallyport/masking';
import type { TunnelTape } from './protocol.js';
import type { SecretStream } from './secret-scan.js';

/** An answer of a known length up to here is sent as one piece. Bytes. */
const wholeUpTo = 64 * 1024;

export interface AnswerParts {
  readonly request: ServerRequest;
  readonly head: ResponseHead;
  /** Decoded already where the mask needs that. */
  readonly body: BodyReader | undefined;
  readonly secrets: SecretStream;
  readonly mask: StreamMask | undefined;
  readonly farewell: ((reason: string) => Buffer) | undefined;
  readonly tape: TunnelTape;
  readonly maxBytes: number;
  /** The answer is out. `bytes` of the body, as the client got them. */
  done(bytes: number): void;
  /** It broke. `begun` is false while the client has seen nothing, so that something else can be said instead. */
  broke(fault: WireFault, begun: boolean): void;
}

/** One answer on its way to the client: blotted, masked, recorded, sent; in this order, piece by piece. */
export class Answer implements BodySink {
  #writer: BodyWriter | undefined;
  #collected: Buffer[] | undefined;
  #bytes = 0;
  #over = false;
  /** Why the target has to wait: the client, the recorder. */
  #waits = 0;
  /** Not with a mask: it may keep what it is given. */
  readonly holder: BodySink['holder'];

  constructor(private readonly parts: AnswerParts) {
    this.holder = parts.mask ? undefined : () => this.#writer?.holder();
  }

  start(): void {
    const { head, body } = this.parts;
    if (!body) return this.#guarded(() => this.#whole(Buffer.alloc(0)));
    if (this.parts.farewell) return this.#guarded(() => this.#goOn(body));
    if (head.bodyLength !== undefined && head.bodyLength <= wholeUpTo) this.#collected = [];
    body.start(this);
  }

  /** Breaks it off now. */
  cut(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.parts.body?.cancel();
    if (!this.#writer) return this.parts.request.abort();
    try {
      const last = this.parts.farewell?.(reason);
      if (!last) return this.#writer.abort();
      this.#write(last);
      this.#writer.end();
    } catch {
      this.#writer.abort();
    }
  }

  /** Whoever watches waits for the head before anything has happened. */
  #goOn(body: BodyReader): void {
    this.#stream();
    body.start(this);
  }

  data(chunk: Buffer): void {
    this.#guarded(() => this.#piece(this.#masked(this.parts.secrets.push(chunk))));
  }

  end(): void {
    this.#guarded(() => {
      const { secrets, mask } = this.parts;
      const rest = secrets.end();
      const last = rest.length > 0 ? this.#masked(rest) : rest;
      this.#finish(mask ? Buffer.concat([last, mask.end()]) : last);
    });
  }

  error(fault: WireFault): void {
    this.#fail(fault);
  }

  #masked(chunk: Buffer): Buffer {
    const { mask } = this.parts;
    return mask && chunk.length > 0 ? mask.push(chunk) : chunk;
  }

  #piece(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#count(bytes);
    if (this.#collected) {
      this.#collected.push(this.holder ? Buffer.from(bytes) : bytes);
      if (this.#bytes > wholeUpTo) this.#stream();
      return;
    }
    if (!this.#writer) this.#stream();
    this.#write(bytes);
  }

  #finish(last: Buffer): void {
    if (this.#collected) {
      const { length } = last;
      if (length > 0) this.#count(last);
      const parts = length > 0 ? [...this.#collected, last] : this.#collected;
      return this.#whole(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
    }
    this.#piece(last);
    if (!this.#writer) this.#stream();
    this.#over = true;
    this.#writer!.end();
    this.parts.done(this.#bytes);
  }

  #whole(body: Buffer): void {
    const { request, head, tape } = this.parts;
    // What an answer to HEAD says of its length is about a body that is not there.
    const bodyLength = this.parts.body ? body.length : head.bodyLength;
    tape.response(rememberedHead(head));
    if (body.length > 0) tape.response(body);
    tape.flush();
    request.respond({ ...head, bodyLength }, body);
    this.#over = true;
    this.parts.done(body.length);
  }

  /** The length is what the target said only while nothing is changed on the way. */
  #stream(): void {
    const { request, head, tape, mask } = this.parts;
    tape.response(headBytes(head));
    tape.flush();
    this.#writer = request.stream({ ...head, bodyLength: mask ? undefined : head.bodyLength });
    this.#writer.onDrain(() => this.#go(clientFull));
    const collected = this.#collected ?? [];
    this.#collected = undefined;
    for (const piece of collected) this.#write(piece);
  }

  #write(bytes: Buffer): void {
    const { tape } = this.parts;
    tape.response(bytes);
    tape.flush();
    if (!this.#writer!.write(bytes)) this.#wait(clientFull);
    if (!tape.congested) return;
    this.#wait(recorderFull);
    tape.onDrain(() => this.#go(recorderFull));
  }

  #count(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#bytes > this.parts.maxBytes) {
      throw new WireFault('answer-too-large', 'the answer is larger than this resource allows', 502);
    }
  }

  #wait(reason: number): void {
    if (this.#waits === 0) this.parts.body?.pause();
    this.#waits |= reason;
  }

  #go(reason: number): void {
    if (this.#waits === 0) return;
    this.#waits &= ~reason;
    if (this.#waits === 0 && !this.#over) this.parts.body?.resume();
  }

  #guarded(step: () => void): void {
    if (this.#over) return;
    try {
      step();
    } catch (error) {
      const fault =
        error instanceof WireFault ? error : new WireFault('answer-unusable', 'the answer could not be shown', 502);
      this.#fail(fault);
    }
  }

  #fail(fault: WireFault): void {
    if (this.#over) return;
    this.#over = true;
    this.parts.body?.cancel();
    this.#writer?.abort();
    this.parts.broke(fault, this.#writer !== undefined);
  }
}

const clientFull = 1;
const recorderFull = 2;

const heads = new WeakMap<readonly HeaderField[], { readonly status: number; readonly bytes: Buffer }>();

/** `headBytes` of fields that are shown again and again. */
function rememberedHead({ status, headers }: ResponseHead): Buffer {
  const known = heads.get(headers);
  if (known?.status === status) return known.bytes;
  const bytes = headBytes({ status, headers });
  heads.set(headers, { status, bytes });
  return bytes;
}

/** A head as a recording keeps it: as HTTP/1.1 writes it, whatever version the client speaks. */
export function headBytes({ status, headers }: { status: number; headers: readonly HeaderField[] }): Buffer {
  let text = `HTTP/1.1 ${status}\r\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}
