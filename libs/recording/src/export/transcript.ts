import type { Obligation } from '@sallyport/domain';
import { maskedObject } from '@sallyport/domain';
import type { RecordedDecision, Frame } from '../frame.js';
import { readRecording, RecordingParser, type RecordingItem } from '../reader.js';
import { isoTime } from './jsonl.js';
import { PostgresTranscript } from './postgres-transcript.js';
import { printable } from './printable.js';
import { TextTranscript } from './text-transcript.js';

/** What a protocol's answers look like to a reader. Lines come without line ends, already made printable. */
export interface ResponseRenderer {
  push(bytes: Buffer): string[];
  /** What has come of a line that is not complete. */
  readonly partial?: string;
  /** What follows belongs to another request. */
  turn?(): string[];
  /** What is left when the recording ends. */
  end(): string[];
}

const renderers: Readonly<Record<string, () => ResponseRenderer>> = {
  postgres: () => new PostgresTranscript(),
  http: () => new TextTranscript(),
  kubernetes: () => new TextTranscript(),
  ssh: () => new TextTranscript(),
};

/** The session as a person reads it: who, each request with its decision, and what the client saw. Yields lines. */
export async function* exportTranscript(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<string> {
  const transcript = new Transcript();
  for await (const item of readRecording(source)) yield* transcript.item(item);
}

/**
 * The same while it is still being made. Yields text: all that can be shown of each chunk, also of a line that is not complete.
 * Joined, it is the transcript's lines.
 */
export async function* followTranscript(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<string> {
  const transcript = new Transcript();
  const parser = new RecordingParser();
  let begun = '';
  const complete = (line: string): string => {
    // A line of somebody else cuts in where one that was begun does not go on.
    const text = line.startsWith(begun) ? line.slice(begun.length) : `\n${line}`;
    begun = '';
    return `${text}\n`;
  };
  for await (const chunk of source) {
    let text = '';
    for (const item of parser.push(chunk)) for (const line of transcript.item(item)) text += complete(line);
    const { partial } = transcript;
    if (partial.startsWith(begun)) {
      text += partial.slice(begun.length);
      begun = partial;
    }
    if (text !== '') yield text;
  }
  for (const line of transcript.item(parser.end())) yield complete(line);
}

class Transcript {
  #renderer: ResponseRenderer = new UnknownProtocol();

  get partial(): string {
    return this.#renderer.partial ?? '';
  }

  *item(item: RecordingItem): Generator<string> {
    if (item.kind === 'segment') return;
    if (item.kind === 'frame') return yield* this.#frame(item.frame);
    yield* this.#renderer.end();
    if (item.truncated) yield '-- the recording is cut off here';
    if (item.damage) yield `-- the recording is damaged at byte ${item.damage.offset}: ${item.damage.message}`;
  }

  *#frame(frame: Frame): Generator<string> {
    const at = isoTime(frame.time);
    switch (frame.kind) {
      case 'open': {
        const { session } = frame;
        this.#renderer = renderers[session.protocol]?.() ?? this.#renderer;
        const who = `${session.principal.type}::${session.principal.id}`;
        const where = `${session.resource} (${session.protocol}) through ${session.gateway}`;
        return yield `-- ${at} session ${session.id}: ${printable(`${who} on ${where} from ${session.clientAddress}`)}`;
      }
      case 'decision':
        yield* this.#renderer.turn?.() ?? [];
        return yield* decisionLines(at, frame.decision);
      case 'request':
        yield* this.#renderer.turn?.() ?? [];
        return yield `-- ${at} the client sent ${frame.bytes.length} bytes of data`;
      case 'response':
        return yield* this.#renderer.push(frame.bytes);
      case 'outcome':
        yield* this.#renderer.turn?.() ?? [];
        return yield `-- ${at} exchange ${frame.seq}: ${printable(frame.completion)}`;
      case 'note':
        yield* this.#renderer.turn?.() ?? [];
        return yield `-- ${at} ${printable(`${frame.name} ${JSON.stringify(frame.detail)}`)}`;
      case 'close': {
        yield* this.#renderer.end();
        return yield `-- ${at} closed: ${printable(frame.reason)}${frame.interrupted ? ' (interrupted)' : ''}`;
      }
    }
  }
}

function* decisionLines(at: string, decision: RecordedDecision): Generator<string> {
  yield '';
  for (const line of decision.text.split('\n')) yield `> ${printable(line)}`;
  if (decision.parameters?.length) {
    const values = decision.parameters.map(
      (value, index) => `$${index + 1} = ${value === null ? 'NULL' : JSON.stringify(value)}`,
    );
    yield `>   ${printable(values.join(', '))}`;
  }
  const reasons = decision.reasons.map((reason) =>
    [reason.code, reason.policy, reason.object].filter(Boolean).join(' '),
  );
  const masks = decision.obligations.map((mask) => `${mask.method} ${maskedName(mask)}`);
  const parts = [
    `exchange ${decision.seq} ${decision.phase}: ${decision.effect} (${reasons.join('; ')})`,
    `policy revision ${decision.policyRevision}`,
    ...(masks.length > 0 ? [`masks ${masks.join(', ')}`] : []),
    ...(decision.approvalId ? [`approval ${decision.approvalId}`] : []),
  ];
  yield `-- ${at} ${printable(parts.join(', '))}`;
}

/** Without the resource: a transcript is of one. */
function maskedName(obligation: Obligation): string {
  const object = maskedObject(obligation);
  return object.kind === 'Column' ? `${object.table}.${object.column}` : object.path;
}

class UnknownProtocol implements ResponseRenderer {
  push(bytes: Buffer): string[] {
    return [`-- the client received ${bytes.length} bytes`];
  }
  end(): string[] {
    return [];
  }
}
