import type { StreamMask } from '@sallyport/masking';
import { completionOf, maxStatusBytes, parseExitStatus, refusalStatus, renderExitStatus } from '../exit-status.js';
import { maskedText, Output } from '../output-mask.js';
import type { StreamTape } from '../stream-tape.js';
import { lost, StreamFault, type Completion, type RemoteCommandUse } from '../stream-use.js';
import { renderTerminalSize, TerminalSizeReader } from '../terminal-size.js';
import type { SpdyHeaders } from './header-block.js';
import type { OpenedStream, RefusedStream, SpdyRules } from './spdy-relay.js';

const nothing = Buffer.alloc(0);

/** exec and attach over SPDY: the client opens a stream for each of error, stdin, stdout, stderr and resize. */
export class RemoteCommandStreams implements SpdyRules {
  readonly maxStreams = 5;
  readonly #use: RemoteCommandUse;
  readonly #version: number;
  readonly #tape: StreamTape;
  readonly #newMask: (() => StreamMask) | undefined;
  readonly #opened = new Set<string>();
  #completion: Completion | undefined;

  constructor(use: RemoteCommandUse, version: number, tape: StreamTape, newMask: (() => StreamMask) | undefined) {
    this.#use = use;
    this.#version = version;
    this.#tape = tape;
    this.#newMask = newMask;
  }

  open(headers: SpdyHeaders): OpenedStream | RefusedStream {
    const type = headers.get('streamtype') ?? '';
    const stream = this.#make(type);
    if (!stream || this.#opened.has(type)) {
      return { refused: 'the request did not ask for such a stream', how: 'reset' };
    }
    this.#opened.add(type);
    return { ...noStream, headers: new Map([['streamtype', type]]), ...stream };
  }

  completion(): Completion {
    return this.#completion ?? lost;
  }

  #make(type: string): Partial<OpenedStream> | undefined {
    switch (type) {
      case 'error':
        return this.#error();
      case 'stdin':
        return this.#use.stdin ? this.#stdin() : undefined;
      case 'stdout':
      case 'stderr':
        return this.#use[type] ? this.#output(type) : undefined;
      case 'resize':
        return this.#use.tty && this.#version >= 3 ? this.#resize() : undefined;
      default:
        return undefined;
    }
  }

  #stdin(): Partial<OpenedStream> {
    return {
      fromClient: (bytes) => {
        this.#tape.request('stdin', bytes);
        return bytes;
      },
    };
  }

  #output(name: 'stdout' | 'stderr'): Partial<OpenedStream> {
    const output = new Output(this.#newMask);
    const shown = (bytes: Buffer): Buffer => {
      this.#tape.response(name, bytes);
      return bytes;
    };
    return { fromUpstream: (bytes) => shown(output.push(bytes)), rest: () => shown(output.end()) };
  }

  #resize(): Partial<OpenedStream> {
    const reader = new TerminalSizeReader();
    return {
      fromClient: (bytes) => {
        const sizes = reader.push(bytes);
        if (!sizes) throw new StreamFault('client', 'the size of the terminal is malformed');
        for (const { width, height } of sizes) this.#tape.note('resize', { width, height });
        return Buffer.concat(sizes.map(renderTerminalSize));
      },
    };
  }

  /** How the command ended is read when all of it is there, and written anew. */
  #error(): Partial<OpenedStream> {
    let said = nothing;
    return {
      fromUpstream: (bytes) => {
        said = Buffer.concat([said, bytes]);
        if (said.length > maxStatusBytes)
          throw new StreamFault('upstream', 'the target says too much about how it ended');
        return nothing;
      },
      rest: () => {
        const shown = this.#version >= 4 ? this.#status(said) : this.#message(said);
        this.#tape.response('error', shown);
        return shown;
      },
      farewell: (text) => {
        const shown = this.#version >= 4 ? refusalStatus(text) : Buffer.from(text);
        this.#tape.response('error', shown);
        return shown;
      },
    };
  }

  #status(bytes: Buffer): Buffer {
    if (bytes.length === 0) return nothing;
    const status = parseExitStatus(bytes);
    if (!status) throw new StreamFault('upstream', 'the target did not say how the command ended');
    this.#completion = completionOf(status);
    return renderExitStatus(status, (text) => maskedText(this.#newMask, text));
  }

  /** Before version 4 there is a message where something failed, and nothing where nothing did. */
  #message(bytes: Buffer): Buffer {
    this.#completion =
      bytes.length === 0 ? { text: 'exit 0', outcome: 'completed' } : { text: 'Failure', outcome: 'failed' };
    return Buffer.from(maskedText(this.#newMask, bytes.toString('utf8')));
  }
}

/** A stream on which neither end has anything to say. */
const noStream: Omit<OpenedStream, 'headers'> = {
  fromClient: () => {
    throw new StreamFault('client', 'the client writes to a stream that it can only read');
  },
  fromUpstream: () => {
    throw new StreamFault('upstream', 'the target writes to a stream that it can only read');
  },
  rest: () => nothing,
  farewell: () => undefined,
  closed: () => {},
};
