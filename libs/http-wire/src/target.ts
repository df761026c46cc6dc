import type { CanonicalTarget } from './message.js';
import { WireFault } from './message.js';

/** Nothing to decode, nothing to encode: `/` and the pchar of RFC 3986 section 3.3 but `%`. */
const plainPath = /^\/[A-Za-z0-9\-._~!$&'()*+,;=:@/]*$/;
const plainQuery = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/?]*$/;
const notPchar = /[^A-Za-z0-9\-._~!$&'()*+,;=:@]/g;
const notQuery = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]/g;
const badEscape = /%(?![0-9A-Fa-f]{2})/;
/** Encoded slash, backslash, and controls: two servers in a row seldom agree on what they mean. */
const hiddenDelimiter = /%(?:2[fF]|5[cC]|[01][0-9A-Fa-f]|7[fF])/;
/** `..;x` is `..` to a server that strips path parameters first. */
const dotSegment = /^\.{1,2}(?:;|$)/;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The request target in its one canonical form (RFC 3986 section 6.2.2, without dot-segment removal: those are refused).
 * Parsing the result again gives the same.
 * @param raw one character a byte
 * @param authority where given, absolute-form (RFC 9112 section 3.2.2) is taken if it names exactly this authority
 */
export function parseTarget(raw: string, authority?: string): CanonicalTarget | WireFault {
  if (raw.charCodeAt(0) === 0x2f) return parseOriginForm(raw);
  if (raw === '*') return new WireFault('asterisk-target', 'The target * is not served', 501);
  if (authority === undefined) return new WireFault('bad-target', 'The target must start with a slash');
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/is.exec(raw);
  if (!absolute) return new WireFault('bad-target', 'The target must start with a slash');
  if (absolute[1]?.toLowerCase() !== authority) {
    return new WireFault('authority-mismatch', 'The target names another host than the Host field', 400);
  }
  const rest = absolute[2] ?? '';
  return parseOriginForm(rest.startsWith('/') ? rest : `/${rest}`);
}

/** The path of these decoded segments, percent-encoded only where it must be. */
export function canonicalPath(segments: readonly string[]): string {
  let path = '';
  for (const segment of segments) path += `/${encodeSegment(segment)}`;
  return path;
}

function parseOriginForm(raw: string): CanonicalTarget | WireFault {
  const mark = raw.indexOf('?');
  const path = mark < 0 ? raw : raw.slice(0, mark);
  const query = mark < 0 ? undefined : canonicalQuery(raw.slice(mark + 1));
  if (query instanceof WireFault) return query;
  if (path.includes('//')) return new WireFault('empty-segment', 'The path holds an empty segment');
  if (plainPath.test(path) && !path.includes('/.')) return { path, segments: path.slice(1).split('/'), query };
  const segments: string[] = [];
  for (const encoded of path.slice(1).split('/')) {
    const segment = decodeSegment(encoded);
    if (segment instanceof WireFault) return segment;
    segments.push(segment);
  }
  return { path: canonicalPath(segments), segments, query };
}

function decodeSegment(encoded: string): string | WireFault {
  const fault = refused(encoded);
  if (fault) return fault;
  if (encoded.includes('\\')) return new WireFault('backslash', 'The path holds a backslash');
  if (hiddenDelimiter.test(encoded)) return new WireFault('encoded-delimiter', 'The path hides a delimiter');
  const decoded = decodeUtf8(encoded);
  if (decoded === undefined) return new WireFault('bad-utf8', 'The path is not UTF-8');
  if (dotSegment.test(decoded)) return new WireFault('dot-segment', 'The path holds a dot segment');
  return decoded;
}

/** Left as it is but for what RFC 3986 section 3.4 allows in no query: that is percent-encoded, byte by byte. */
function canonicalQuery(raw: string): string | WireFault {
  if (plainQuery.test(raw)) return raw;
  const fault = refused(raw);
  if (fault) return fault;
  if (raw.includes('%00')) return new WireFault('encoded-delimiter', 'The query holds a NUL');
  return raw.replace(notQuery, (character) => encodeByte(character.charCodeAt(0)));
}

/** What neither a path nor a query may hold. */
function refused(part: string): WireFault | undefined {
  if (part.includes('#')) return new WireFault('fragment', 'A fragment is not sent to a server');
  if (badEscape.test(part)) return new WireFault('bad-escape', 'A percent sign must start an escape');
  for (let at = 0; at < part.length; at++) {
    const code = part.charCodeAt(at);
    if (code <= 0x20 || code === 0x7f || code > 0xff) return new WireFault('bad-target', 'The target holds a control');
  }
  return undefined;
}

function decodeUtf8(encoded: string): string | undefined {
  const binary = encoded.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  try {
    return utf8.decode(Buffer.from(binary, 'latin1'));
  } catch {
    return undefined;
  }
}

function encodeSegment(segment: string): string {
  const binary = Buffer.from(segment, 'utf8').toString('latin1');
  return binary.replace(notPchar, (character) => encodeByte(character.charCodeAt(0)));
}

function encodeByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
