import { type AnswerPlan, contentCodings, type OpenedAnswer } from '@sallyport/http-core';
import type { ResponseHead } from '@sallyport/http-wire';
import { type DocumentMask, MaskError, type StreamMask } from '@sallyport/masking';
import { hidesNothing, type MaskCache, type MaskRules } from '../fields/mask-rules.js';
import { isJson, isUtf8, type MediaType, mediaTypeOf } from '../request/media-type.js';
import { maskHeaders, maskedHeaders } from './masked-headers.js';
import { TextGuard } from './text-guard.js';

export interface AnswerRules {
  /** The request's method. */
  readonly method: string;
  /** What is hidden in an answer with this status. */
  rulesFor(status: number): MaskRules;
}

/** How an answer reaches the client: as it is, masked, or, where it cannot be masked for certain, not at all. */
export function planAnswer(rules: AnswerRules, masks: MaskCache): AnswerPlan {
  const prepared = new WeakMap<ResponseHead, PreparedAnswer>();
  return {
    open: (head) => {
      let known = prepared.get(head);
      if (!known) prepared.set(head, (known = prepare(head, rules, masks)));
      return known.mask ? { ...known.opened, mask: known.mask() } : known.opened;
    },
  };
}

/** What follows from a head, and how the mask of each body under it is made. */
interface PreparedAnswer {
  readonly opened: OpenedAnswer;
  readonly mask?: () => StreamMask;
}

function prepare(head: ResponseHead, { method, rulesFor }: AnswerRules, masks: MaskCache): PreparedAnswer {
  const rules = rulesFor(head.status);
  if (hidesNothing(rules)) return { opened: { kind: 'pass', head } };
  const mask = masks.mask(rules);
  const headers = rules.detectors.length === 0 ? maskedHeaders(head) : maskHeaders(maskedHeaders(head), mask);
  if (!hasBody(head, method)) {
    // How long the original would be tells of what is masked in it.
    const bodyLength = head.bodyLength === 0 ? 0 : undefined;
    return { opened: { kind: 'pass', head: { ...head, headers, bodyLength } } };
  }
  if (head.status === 206) return unmaskable('a part of an answer cannot be masked');
  const decode = contentCodings(head.headers);
  if (!decode) return unmaskable('the content coding of the answer is not known');
  const type = mediaTypeOf(head.headers);
  if (type === 'malformed') return unmaskable('the answer does not say what it is');
  if (type && !isUtf8(type)) return unmaskable('the answer is not UTF-8');
  const stream = type ? streamMask(type, mask, rules) : () => nothing;
  if (!stream) return unmaskable('an answer of this type cannot be masked');
  return {
    opened: { kind: 'pass', head: { status: head.status, headers, bodyLength: undefined }, decode },
    mask: stream,
  };
}

/** RFC 9110 section 6.4.1. */
function hasBody(head: ResponseHead, method: string): boolean {
  return method !== 'HEAD' && head.status !== 204 && head.status !== 304 && head.bodyLength !== 0;
}

/** The client is told one reading of the bytes; another charset or a sniffed type is not it. */
function streamMask(type: MediaType, mask: DocumentMask, rules: MaskRules): (() => StreamMask) | undefined {
  const { essence } = type;
  if (isJson(essence)) return () => mask.json();
  switch (essence) {
    case 'application/x-ndjson':
    case 'application/ndjson':
    case 'application/jsonl':
      return () => mask.ndjson();
    case 'text/event-stream':
      return () => mask.sse();
    case 'application/x-www-form-urlencoded':
      return () => mask.form();
    default:
      if (!essence.startsWith('text/')) return undefined;
      return rules.fields.length === 0 ? () => mask.text() : () => new TextGuard(mask, rules.fields);
  }
}

/** For an answer that does not say what it is: no byte of it passes, but many redirects turn out to have none. */
const nothing: StreamMask = {
  push: (chunk) => {
    if (chunk.length > 0) throw new MaskError('malformed', 'an answer does not say what it is');
    return chunk;
  },
  end: () => Buffer.alloc(0),
};

function unmaskable(text: string): PreparedAnswer {
  return { opened: { kind: 'refuse', status: 502, reason: { code: 'cannot-perform', text } } };
}
