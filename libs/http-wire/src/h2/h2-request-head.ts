import { canonicalAuthority } from '../headers/authority.js';
import { connectionFields } from '../headers/connection-fields.js';
import { isFieldValue, isToken } from '../headers/field-syntax.js';
import type { HeaderField, RequestHead } from '../message.js';
import { WireFault } from '../message.js';
import { parseTarget } from '../target.js';

export interface H2Request {
  readonly head: RequestHead;
  readonly expectsContinue: boolean;
}

const lengthDigits = /^\d{1,15}$/;
const pseudoFields: ReadonlySet<string> = new Set([':method', ':scheme', ':authority', ':path', ':protocol']);
/** Connection fields that a stream may have nevertheless (RFC 9113 section 8.2.2; host: 8.3.1). */
const allowedSingles: ReadonlySet<string> = new Set(['content-length', 'expect', 'host', 'te', 'trailer']);

class RawHead {
  readonly kept: HeaderField[] = [];
  readonly #single = new Map<string, string>();
  readonly #cookies: string[] = [];

  /** @param raw names and values in turn, as they came */
  constructor(raw: readonly string[], most: number) {
    for (let at = 0; at + 1 < raw.length; at += 2) this.#add(raw[at] as string, raw[at + 1] as string);
    // RFC 9113 section 8.2.3: crumbs are one field again where HTTP/2 ends.
    if (this.#cookies.length > 0) this.kept.push(['cookie', this.#cookies.join('; ')]);
    if (this.kept.length > most) throw new WireFault('too-many-fields', `More than ${most} header fields`, 431);
  }

  one(name: string): string | undefined {
    return this.#single.get(name);
  }

  #add(name: string, value: string): void {
    const pseudo = pseudoFields.has(name);
    if (!pseudo && !isToken(name)) throw new WireFault('bad-field-name', 'A header field has a bad name');
    if (name !== name.toLowerCase()) throw new WireFault('bad-field-name', 'Field names are lower case in HTTP/2');
    if (!isFieldValue(value)) throw new WireFault('bad-field-value', 'A header field has a bad value');
    if (!pseudo && !connectionFields.has(name)) {
      if (name === 'cookie') this.#cookies.push(value);
      else this.kept.push([name, value]);
      return;
    }
    if (!pseudo && !allowedSingles.has(name)) {
      throw new WireFault('connection-field', 'HTTP/2 has no fields about the connection');
    }
    if (this.#single.has(name)) throw new WireFault('repeated-field', `The field ${name} is repeated`);
    this.#single.set(name, value);
  }
}

/**
 * A request out of the decoded field list of a stream (RFC 9113 section 8.3; RFC 8441 for the switch to a WebSocket, which
 * is handed on as the GET that it is in HTTP/1.1).
 * @param whole the request has no body
 * @throws WireFault for every ambiguity
 */
export function h2RequestHead(raw: readonly string[], whole: boolean, mostFields: number): H2Request {
  const fields = new RawHead(raw, mostFields);
  const method = methodOf(fields);
  const authority = authorityOf(fields);
  const path = fields.one(':path') ?? '';
  if (!path.startsWith('/') && path !== '*') throw new WireFault('bad-target', 'The path must start with a slash');
  const target = parseTarget(path);
  if (target instanceof WireFault) throw target;
  const te = fields.one('te');
  if (te !== undefined && te !== 'trailers') throw new WireFault('connection-field', 'Only trailers can be asked for');
  const expect = fields.one('expect')?.toLowerCase();
  if (expect !== undefined && expect !== '100-continue') {
    throw new WireFault('bad-expectation', 'Only 100-continue can be expected', 417);
  }
  const upgrade = fields.one(':protocol');
  return {
    head: {
      method: upgrade === undefined ? method : 'GET',
      target,
      authority,
      headers: fields.kept,
      version: '2',
      upgrade,
      bodyLength: upgrade === undefined ? lengthOf(fields, whole) : 0,
    },
    expectsContinue: expect !== undefined && !whole,
  };
}

function methodOf(fields: RawHead): string {
  const method = fields.one(':method') ?? '';
  if (!isToken(method) || method.length > 64) throw new WireFault('bad-method', 'The method is no token');
  const scheme = fields.one(':scheme');
  const protocol = fields.one(':protocol');
  if (method === 'CONNECT' ? protocol !== 'websocket' : protocol !== undefined) {
    throw new WireFault('connect', 'CONNECT is served for WebSockets only', 501);
  }
  if (scheme !== 'https' && scheme !== 'http') throw new WireFault('bad-scheme', 'The scheme must be https');
  return method;
}

function authorityOf(fields: RawHead): string {
  const host = fields.one('host');
  const authority = canonicalAuthority(fields.one(':authority') ?? host ?? '');
  if (authority === undefined) throw new WireFault('bad-host', 'Exactly one valid authority is needed');
  if (host !== undefined && canonicalAuthority(host) !== authority) {
    throw new WireFault('authority-mismatch', 'The field host names another authority');
  }
  return authority;
}

function lengthOf(fields: RawHead, whole: boolean): number | undefined {
  const length = fields.one('content-length');
  if (length !== undefined && !lengthDigits.test(length)) {
    throw new WireFault('bad-content-length', 'The length of the body is malformed');
  }
  if (!whole) return length === undefined ? undefined : Number(length);
  if (length !== undefined && Number(length) !== 0) {
    throw new WireFault('bad-content-length', 'The body is shorter than its length');
  }
  return 0;
}
