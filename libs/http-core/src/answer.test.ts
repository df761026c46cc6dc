import type { BodyReader, BodySink, BodyWriter, ServerRequest } from '@sallyport/http-wire';
import type { StreamMask } from '@sallyport/masking';
import { Answer } from './answer.js';
import { SecretScan } from './secret-scan.js';

/** Gives a body in one piece of memory, overwritten each time that nobody says it is needed. */
class LendingBody implements BodyReader {
  #sink: BodySink | undefined;
  lent = 0;

  start(sink: BodySink): void {
    this.#sink = sink;
  }
  give(pieces: readonly string[]): void {
    const sink = this.#sink!;
    const memory = Buffer.alloc(100_000);
    for (const piece of pieces) {
      const chunk = memory.subarray(0, memory.write(piece));
      if (sink.holder) this.lent += 1;
      sink.data(sink.holder ? chunk : Buffer.from(chunk));
      expect(sink.holder?.()).toBeUndefined();
      memory.fill('!');
    }
    sink.end();
  }
  pause(): void {}
  resume(): void {}
  cancel(): void {}
}

/** Keeps all that it is given until the end. */
function keepingMask(): StreamMask {
  const kept: Buffer[] = [];
  return { push: (chunk) => (kept.push(chunk), Buffer.alloc(0)), end: () => Buffer.concat(kept) };
}

function answered(
  pieces: readonly string[],
  { mask, length }: { readonly mask?: StreamMask; readonly length?: number },
): { sent: string; lent: number } {
  const body = new LendingBody();
  let sent = '';
  const writer: BodyWriter = {
    write: (chunk) => ((sent += chunk.toString()), true),
    end: () => undefined,
    abort: () => undefined,
    onDrain: () => undefined,
    holder: () => undefined,
  };
  const request = {
    respond: (_: unknown, whole: Buffer) => void (sent += whole.toString()),
    stream: () => writer,
  } as Partial<ServerRequest> as ServerRequest;
  const tape = {
    ...{ request: () => undefined, response: () => undefined, note: () => undefined, flush: () => undefined },
    ...{ congested: false, onDrain: () => undefined },
  };
  new Answer({
    ...{ request, body, mask, tape, farewell: undefined, maxBytes: Infinity },
    head: { status: 200, headers: [], bodyLength: length },
    secrets: new SecretScan(['a-secret-of-the-target']).stream(),
    done: () => undefined,
    broke: (fault) => {
      throw fault;
    },
  }).start();
  body.give(pieces);
  return { sent, lent: body.lent };
}

const pieces = ['one ', 'two a-secret-of-', 'the-target three', ' four'];
const shown = `one two ${'*'.repeat('a-secret-of-the-target'.length)} three four`;

test('an answer that streams is lent its pieces, and needs none of them afterwards', () => {
  expect(answered(pieces, {})).toEqual({ sent: shown, lent: pieces.length });
});

test('an answer that is gathered before it is sent keeps no memory that was lent', () => {
  expect(answered(pieces, { length: pieces.join('').length })).toEqual({ sent: shown, lent: pieces.length });
});

test('what is masked is not lent, since a mask may keep it', () => {
  expect(answered(pieces, { mask: keepingMask() })).toEqual({ sent: shown, lent: 0 });
});
