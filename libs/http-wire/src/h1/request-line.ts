import { isToken } from '../headers/field-syntax.js';
import { WireFault } from '../message.js';

export interface RequestLine {
  readonly method: string;
  /** As sent. */
  readonly target: string;
  readonly version: '1.0' | '1.1';
}

/** Longer ones are no method of any registry or API. */
const longestMethod = 64;
const controlOrBlank = /[\x00-\x20\x7f]/;

/**
 * RFC 9112 section 3: method, target and version with exactly one space between.
 * @throws WireFault 400; 505 for any version but 1.0 and 1.1
 */
export function parseRequestLine(line: string): RequestLine {
  if (/[\r\n]/.test(line)) throw new WireFault('bare-line-feed', 'A line must end with CR LF');
  const first = line.indexOf(' ');
  const last = line.lastIndexOf(' ');
  const method = first < 0 ? line : line.slice(0, first);
  if (method.length > longestMethod || !isToken(method)) throw new WireFault('bad-method', 'The method is no token');
  const version = last > first ? line.slice(last + 1) : '';
  if (version === 'HTTP/1.1') return { method, target: targetOf(line.slice(first + 1, last)), version: '1.1' };
  if (version === 'HTTP/1.0') return { method, target: targetOf(line.slice(first + 1, last)), version: '1.0' };
  // `GET /` alone is HTTP/0.9; `PRI * HTTP/2.0` is the preface of HTTP/2 without TLS, which is not served.
  if (last === first || /^HTTP\/\d(?:\.\d)?$/.test(version)) {
    throw new WireFault('http-version', 'Only HTTP/1.1 is served here', 505);
  }
  throw new WireFault('bad-request-line', 'The request line is malformed');
}

function targetOf(text: string): string {
  if (text.length === 0 || controlOrBlank.test(text)) {
    throw new WireFault('bad-request-line', 'The request line is malformed');
  }
  return text;
}
