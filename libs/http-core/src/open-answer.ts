import type { BodyReader, HeaderField, ResponseHead } from '@sallyport/http-wire';
import type { AnswerParts } from './answer.js';
import { contentCodings, decodedBody } from './content-coding.js';
import type { AnswerPlan, OpenedAnswer, Refusal } from './protocol.js';
import { reasonOf } from './refusals.js';
import { clientHeaders } from './response-headers.js';
import type { Route } from './routing.js';
import type { WebSession } from './web-session.js';

export type ShownAnswer =
  | { readonly kind: 'show'; readonly answer: Omit<AnswerParts, 'request' | 'tape' | 'done' | 'broke'> }
  | { readonly kind: 'refuse'; readonly refusal: Refusal };

/** What of the target's answer the client may have, and how. A plan that fails refuses. */
export function openAnswer(
  { session, route, plan }: { readonly session: WebSession; readonly route: Route; readonly plan: AnswerPlan },
  received: ResponseHead,
  body: BodyReader | undefined,
): ShownAnswer {
  const planned = openedBy(plan, received);
  const opened = body && !session.secrets.idle ? withoutCoding(planned) : planned;
  if (opened.kind === 'refuse') {
    return { kind: 'refuse', refusal: { ...reasonOf([opened.reason]), status: opened.status } };
  }
  const { binding } = session.parts;
  const headers = shownHeaders(opened.head, session, route);
  const [coding] = opened.decode ?? [];
  const decoded = body && coding !== undefined ? decodedBody(body, coding) : body;
  const answer = {
    head: { ...opened.head, headers, bodyLength: announced({ received, shown: opened.head, body: decoded, coding }) },
    body: decoded,
    secrets: session.secrets.stream(),
    mask: opened.mask ?? (coding === undefined ? undefined : passing),
    farewell: opened.farewell,
    maxBytes: binding.http?.maxResponseBytes ?? Infinity,
  };
  return { kind: 'show', answer };
}

/** Without the target's credential. Fields that come again are shown as before. */
function shownHeaders(head: ResponseHead, session: WebSession, route: Route): readonly HeaderField[] {
  const remembered = session.shownHeaders[route.by];
  let shown = remembered.get(head.headers);
  if (shown === undefined) {
    shown = clientHeaders(head, session.placeOf(route)).map(([name, value]) => [name, session.secrets.text(value)]);
    remembered.set(head.headers, shown);
  }
  return shown;
}

function openedBy(plan: AnswerPlan, received: ResponseHead): OpenedAnswer {
  try {
    return plan.open(received);
  } catch {
    const reason = { code: 'cannot-perform', text: 'the answer of the target cannot be shown' } as const;
    return { kind: 'refuse', status: 502, reason };
  }
}

/** They describe the bytes that came, and are wrong once a coding is taken off. */
const describing: ReadonlySet<string> = new Set([
  'accept-ranges',
  'content-digest',
  'content-encoding',
  'content-md5',
  'digest',
  'etag',
]);

/** The target was asked for no coding, and below one its credential would not be found. */
function withoutCoding(opened: OpenedAnswer): OpenedAnswer {
  if (opened.kind === 'refuse' || opened.decode) return opened;
  const { head } = opened;
  const decode = contentCodings(head.headers);
  if (decode?.length === 0) return opened;
  if (!decode || head.status === 206) {
    const reason = { code: 'cannot-perform', text: 'the content coding of the answer cannot be taken off' } as const;
    return { kind: 'refuse', status: 502, reason };
  }
  return { ...opened, head: { ...head, headers: head.headers.filter(([name]) => !describing.has(name)) }, decode };
}

/** What is sent has its own length; without a body, what a HEAD may be told of it is the plan's to say. */
function announced({
  received,
  shown,
  body,
  coding,
}: {
  readonly received: ResponseHead;
  readonly shown: ResponseHead;
  readonly body: BodyReader | undefined;
  readonly coding: string | undefined;
}): number | undefined {
  if (!body) return shown.bodyLength;
  return coding === undefined ? received.bodyLength : undefined;
}

/** Changes nothing, but says that the length is not what the target said. */
const passing = { push: (chunk: Buffer): Buffer => chunk, end: (): Buffer => Buffer.alloc(0) };
