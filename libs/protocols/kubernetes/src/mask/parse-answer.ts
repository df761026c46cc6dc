import { MaskError } from '@sallyport/masking';
import { jsonNumber, type JsonValue } from '../request/json-value.js';

type Reviver = (key: string, value: JsonValue, context: { readonly source?: string }) => JsonValue;
/** ES2026's third argument of a reviver: the text of a number. */
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => JsonValue;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * JSON of an answer. Of a key given twice the last counts, and is all that is written again.
 * @throws MaskError
 */
export function parseAnswer(bytes: Uint8Array): JsonValue {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new MaskError('encoding', 'the answer is not valid UTF-8');
  }
  try {
    // Only numbers of so many digits can lose some; asking about each is slow.
    if (!/\d{16}/.test(text)) return JSON.parse(text) as JsonValue;
    return parseWithSource(text, (_key, value, { source }) =>
      typeof value === 'number' ? jsonNumber(source!) : value,
    );
  } catch {
    throw new MaskError('malformed', 'the answer is not valid JSON');
  }
}
