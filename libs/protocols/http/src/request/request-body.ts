import { createHash } from 'node:crypto';
import type { HeaderField, RequestHead } from '@sallyport/http-wire';
import { jsonText, type JsonValue } from '../json/json-value.js';
import { JsonFault, parseJson } from '../json/strict-json.js';
import { type BodyFacts, formFacts, jsonFacts, noBody, unknownBody } from './body-facts.js';
import { contentCoding, decodeContent } from './content-coding.js';
import { type FormPair, formText, parseFormPairs } from './form-pairs.js';
import { isJson, isUtf8, type MediaType, mediaTypeOf, mediaTypeText } from './media-type.js';
import { multipartBody, multipartFacts, parseMultipart } from './multipart.js';
import { malformed, unsupportedMedia } from './request-fault.js';

export interface BodySource {
  readonly head: RequestHead;
  readBody(maxBytes: number): Promise<Buffer>;
}

export type BodyContent =
  | { readonly kind: 'none' | 'opaque' | 'multipart' }
  /** Unread. What flows is not known before it has flown. */
  | { readonly kind: 'stream' }
  | { readonly kind: 'json'; readonly value: JsonValue }
  /** One document a line. */
  | { readonly kind: 'lines'; readonly values: readonly JsonValue[] }
  | { readonly kind: 'form'; readonly pairs: readonly FormPair[] };

/** A request's body in the one form that policy is told of, a reviewer reads and the upstream gets. */
export interface RequestBody {
  readonly content: BodyContent;
  readonly facts: BodyFacts;
  readonly forward: 'none' | 'stream' | Buffer;
  /** To be forwarded; undefined: none. */
  readonly contentType: string | undefined;
  /** For the reviewer; empty without a body. */
  readonly text: string;
}

const emptyBody: RequestBody = {
  content: { kind: 'none' },
  facts: noBody,
  forward: 'none',
  contentType: undefined,
  text: '',
};

const depth = 64;
/** An opaque body that is announced to be longer is not read before it is forwarded. */
const maxOpaqueBytes = 65_536;
/** Of a longer text the reviewer sees the start, and a digest of the whole. */
const maxTextBytes = 65_536;

/**
 * Reads as much of the body as can be understood.
 *
 * @throws RequestFault, or WireFault from reading
 */
export async function readRequestBody(source: BodySource, maxBytes: number): Promise<RequestBody> {
  const { headers, bodyLength } = source.head;
  const type = readType(headers);
  const coding = contentCoding(headers);
  const format = type && formatOf(type.essence);
  if (format === undefined && coding === undefined && (bodyLength === undefined || bodyLength > maxOpaqueBytes)) {
    return streamed(type, bodyLength);
  }
  if (format === 'multipart' && coding === undefined && bodyLength !== undefined && bodyLength > maxBytes) {
    return streamed(type, bodyLength);
  }
  if (format !== undefined && format !== 'multipart' && !isUtf8(type!))
    throw unsupportedMedia('only UTF-8 is accepted');
  const sent = await source.readBody(maxBytes);
  const bytes = coding === undefined ? sent : await decodeContent(coding, sent, maxBytes);
  if (bytes.length === 0) return absentBody(source.head);
  return understand(type, format, bytes);
}

/** @throws RequestFault where the content type is malformed */
export function absentBody(head: RequestHead): RequestBody {
  const type = readType(head.headers);
  return type ? { ...emptyBody, contentType: mediaTypeText(type) } : emptyBody;
}

function readType(headers: readonly HeaderField[]): MediaType | undefined {
  const type = mediaTypeOf(headers);
  if (type === 'malformed') throw malformed('the content type is malformed');
  return type;
}

type Format = 'json' | 'lines' | 'form' | 'multipart';

function formatOf(essence: string): Format | undefined {
  if (isJson(essence)) return 'json';
  switch (essence) {
    case 'application/x-ndjson':
    case 'application/ndjson':
    case 'application/jsonl':
      return 'lines';
    case 'application/x-www-form-urlencoded':
      return 'form';
    case 'multipart/form-data':
      return 'multipart';
    default:
      return undefined;
  }
}

function understand(type: MediaType | undefined, format: Format | undefined, bytes: Buffer): RequestBody {
  switch (format) {
    case 'json': {
      const value = strictJson(bytes);
      return jsonBody(value, mediaTypeText(type!));
    }
    case 'lines': {
      const values = splitLines(bytes).map(strictJson);
      return linesBody(values, mediaTypeText(type!));
    }
    case 'form': {
      const pairs = parseFormPairs(utf8(bytes), 'body');
      return formBody(pairs, mediaTypeText(type!));
    }
    case 'multipart': {
      const parts = parseMultipart(bytes, type!.parameters.get('boundary'));
      const { body, contentType } = multipartBody(parts);
      const facts = multipartFacts(parts);
      return { content: { kind: 'multipart' }, facts, forward: body, contentType, text: digestText(body, 'form') };
    }
    default:
      return opaqueBody(bytes, type && mediaTypeText(type));
  }
}

/** What nobody looks into, bound by its digest. */
export function opaqueBody(forward: Buffer, contentType: string | undefined): RequestBody {
  const text = digestText(forward, contentType ?? 'of no type');
  return { content: { kind: 'opaque' }, facts: unknownBody, forward, contentType, text };
}

export function jsonBody(value: JsonValue, contentType: string): RequestBody {
  const forward = Buffer.from(jsonText(value));
  return { content: { kind: 'json', value }, facts: jsonFacts(value), forward, contentType, text: bodyText(forward) };
}

export function linesBody(values: readonly JsonValue[], contentType: string): RequestBody {
  const forward = Buffer.from(values.map((value) => `${jsonText(value)}\n`).join(''));
  const text = bodyText(forward);
  return { content: { kind: 'lines', values }, facts: jsonFacts(values), forward, contentType, text };
}

export function formBody(pairs: readonly FormPair[], contentType: string): RequestBody {
  const forward = Buffer.from(formText(pairs));
  return { content: { kind: 'form', pairs }, facts: formFacts(pairs), forward, contentType, text: bodyText(forward) };
}

function streamed(type: MediaType | undefined, length: number | undefined): RequestBody {
  const size = length === undefined ? 'of unknown length' : `of ${length} bytes`;
  const text = `[body ${size}, not read before it is forwarded]`;
  const contentType = type && mediaTypeText(type);
  return { content: { kind: 'stream' }, facts: unknownBody, forward: 'stream', contentType, text };
}

function strictJson(bytes: Uint8Array): JsonValue {
  try {
    return parseJson(bytes, { depth });
  } catch (error) {
    throw error instanceof JsonFault ? malformed(error.message) : error;
  }
}

function splitLines(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0x0a, at);
    const line = bytes.subarray(at, end < 0 ? bytes.length : end);
    if (line.length > 0 && !(line.length === 1 && line[0] === 0x0d)) lines.push(line);
    at = end < 0 ? bytes.length : end + 1;
  }
  return lines;
}

function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed('the form is not UTF-8');
  }
}

function bodyText(bytes: Buffer): string {
  if (bytes.length <= maxTextBytes) return bytes.toString('utf8');
  const start = new TextDecoder().decode(bytes.subarray(0, maxTextBytes), { stream: true });
  return `${start}\n${digestText(bytes, 'continues')}`;
}

function digestText(bytes: Buffer, what: string): string {
  return `[body ${what}, ${bytes.length} bytes, SHA-256 ${createHash('sha256').update(bytes).digest('hex')}]`;
}
