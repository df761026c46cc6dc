import type { DocumentMask, StreamMask } from '@sallyport/masking';
import { JsonFault, parseJson } from '../json/strict-json.js';
import type { JsonValue } from '../json/json-value.js';
import { type FormPair, formText, parseFormPairs } from './form-pairs.js';
import { formBody, jsonBody, linesBody, type RequestBody } from './request-body.js';
import { malformed } from './request-fault.js';

/** What a request says, before anything of it is hidden from its target. */
export interface Said {
  readonly query: readonly FormPair[];
  readonly body: RequestBody;
}

/**
 * Hides classified values of a request from its target.
 *
 * @returns undefined where the body cannot be rewritten: it was not read, or not understood
 * @throws RequestFault where what is left is no longer what it was
 */
export function maskRequest({ query, body }: Said, mask: DocumentMask): Said | undefined {
  const masked = maskBody(body, mask);
  return masked && { query: maskPairs(query, mask), body: masked };
}

function maskBody(body: RequestBody, mask: DocumentMask): RequestBody | undefined {
  const { content, contentType = '' } = body;
  switch (content.kind) {
    case 'none':
      return body;
    case 'json':
      return jsonBody(read(whole(mask.json(), body.forward as Buffer)), contentType);
    case 'lines': {
      const lines = whole(mask.ndjson(), body.forward as Buffer)
        .toString()
        .split('\n');
      return linesBody(
        lines.filter((line) => line !== '').map((line) => read(Buffer.from(line))),
        contentType,
      );
    }
    case 'form':
      return formBody(maskPairs(content.pairs, mask), contentType);
    default:
      return undefined;
  }
}

function maskPairs(pairs: readonly FormPair[], mask: DocumentMask): readonly FormPair[] {
  if (pairs.length === 0) return pairs;
  return parseFormPairs(whole(mask.form(), Buffer.from(formText(pairs))).toString(), 'body');
}

function whole(mask: StreamMask, bytes: Buffer): Buffer {
  const start = Buffer.from(mask.push(bytes));
  return Buffer.concat([start, mask.end()]);
}

function read(bytes: Buffer): JsonValue {
  try {
    return parseJson(bytes, { depth: 64 });
  } catch (error) {
    throw error instanceof JsonFault ? malformed(error.message) : error;
  }
}
