import { parseFieldLines } from '../h1/field-lines.js';
import { isBlank } from '../headers/field-syntax.js';
import { connectionFields } from '../headers/connection-fields.js';
import { WireFault, type HeaderField, type ResponseHead } from '../message.js';

/** How the body of a response is delimited (RFC 9112 section 6.3). */
export type BodyFraming = 'none' | 'length' | 'chunked' | 'close';

export interface ParsedResponse {
  readonly head: ResponseHead;
  readonly framing: BodyFraming;
  /** The connection may carry another exchange after this one. */
  readonly persistent: boolean;
  /** Seconds that the upstream says it keeps an idle connection. */
  readonly keepAliveSeconds: number | undefined;
  /** The protocol that the upstream offers or switches to, lower case. */
  readonly upgrade: string | undefined;
}

/** The reason may be missing with its blank: nothing else can stand there. */
const statusLine = /^HTTP\/1\.([01]) ([1-5][0-9][0-9])(?: [\t\x20-\x7e\x80-\xff]*)?\r\n/;
const digits = /^[0-9]{1,15}$/;
const keepAliveHint = /(?:^|[,;\s])timeout=([0-9]{1,6})(?:$|[,;\s])/i;

/** What the upstream says about the connection and how this message is framed: read here, never passed on. */
interface OwnFields {
  length: string | undefined;
  transferEncoding: string | undefined;
  keepAlive: string | undefined;
  upgrade: string | undefined;
  /** Tokens of `Connection`, lower case. */
  options: readonly string[];
}

/**
 * Reads a response head: its lines with their CRLFs, as latin1 text, without the empty one. Whatever could be understood
 * in two ways is a fault, thrown as a WireFault: the next reader must see this message end where it ends here.
 */
export function parseResponseHead(text: string, method: string, maxFields: number): ParsedResponse {
  const start = statusLine.exec(text);
  if (start === null) throw fault('status-line', 'The status line is malformed');
  const status = Number(start[2]);
  const oldVersion = start[1] === '0';
  const own: OwnFields = {
    length: undefined,
    transferEncoding: undefined,
    keepAlive: undefined,
    upgrade: undefined,
    options: [],
  };
  const headers = endToEnd(parseFieldLines(text, start[0].length, maxFields), own);
  const length = lengthOf(own);
  const framing = framingOf(status, method, oldVersion, own);
  return {
    head: {
      status,
      headers,
      bodyLength: framing === 'none' && !announcesOnly(method, status) ? 0 : length,
      ...(framing === 'close' ? { untilClose: true } : {}),
    },
    framing,
    persistent: !oldVersion && framing !== 'close' && !own.options.includes('close'),
    keepAliveSeconds: own.keepAlive === undefined ? undefined : hintIn(own.keepAlive),
    upgrade: own.options.includes('upgrade') ? own.upgrade?.toLowerCase() : undefined,
  };
}

/** The fields that go on; the others are kept in `own`. */
function endToEnd(fields: readonly HeaderField[], own: OwnFields): readonly HeaderField[] {
  const passed: HeaderField[] = [];
  for (const field of fields) {
    if (connectionFields.has(field[0])) keep(own, field[0], field[1]);
    else passed.push(field);
  }
  if (own.options.length === 0) return passed;
  // RFC 9110 section 7.6.1: a field that `Connection` names is about the connection, whatever its name.
  return passed.filter(([name]) => !own.options.includes(name));
}

function keep(own: OwnFields, name: string, value: string): void {
  switch (name) {
    case 'content-length':
      if (own.length !== undefined) throw fault('content-length', 'Content-Length stands twice');
      own.length = value;
      return;
    case 'transfer-encoding':
      if (own.transferEncoding !== undefined) throw fault('transfer-encoding', 'Transfer-Encoding stands twice');
      own.transferEncoding = value;
      return;
    case 'connection':
      own.options = [...own.options, ...value.toLowerCase().split(',').map(withoutBlanks)];
      return;
    case 'keep-alive':
      own.keepAlive = value;
      return;
    case 'upgrade':
      own.upgrade = own.upgrade === undefined ? value : `${own.upgrade},${value}`;
      return;
  }
}

function lengthOf({ length }: OwnFields): number | undefined {
  if (length === undefined) return undefined;
  if (!digits.test(length)) throw fault('content-length', 'Content-Length is malformed');
  return Number(length);
}

/** RFC 9112 section 6, where everything that "ought to be handled as an error" is one. */
function framingOf(status: number, method: string, oldVersion: boolean, own: OwnFields): BodyFraming {
  const coding = own.transferEncoding;
  const length = lengthOf(own);
  if (coding !== undefined) {
    if (length !== undefined) throw fault('framing', 'Content-Length stands beside Transfer-Encoding');
    if (oldVersion) throw fault('transfer-encoding', 'Transfer-Encoding stands in HTTP/1.0');
    if (coding.toLowerCase() !== 'chunked') throw fault('transfer-encoding', 'The transfer coding is not chunked');
  }
  if (status < 200 || status === 204) {
    if (coding !== undefined || length) throw fault('framing', 'A response that has no body announces one');
    return 'none';
  }
  if (method === 'HEAD' || status === 304) return 'none';
  if (coding !== undefined) return 'chunked';
  if (length === undefined) return 'close';
  return length === 0 ? 'none' : 'length';
}

/** RFC 9110 section 8.6: a response to HEAD may say how long the body would be. */
export function announcesOnly(method: string, status: number): boolean {
  return method === 'HEAD' && status >= 200 && status !== 204 && status !== 304;
}

function withoutBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from += 1;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

function hintIn(keepAlive: string): number | undefined {
  const seconds = keepAliveHint.exec(keepAlive)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}

function fault(code: string, message: string): WireFault {
  return new WireFault(code, message, 400);
}
