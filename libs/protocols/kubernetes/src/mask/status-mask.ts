import { redactedText } from '@sallyport/masking';
import { isJsonObject, memberOf, type JsonObject } from '../request/json-value.js';

/**
 * From here on, what the API server says of a value repeats the value, or what stands around it. Behind the end of a line
 * it shows both objects of a change that it does not take, whole.
 */
const repeated = /(\bvalue: |\berror found in |\bbigger context |\n).*$/s;
/** Shorter values stand in any text. Characters. */
const tellingLength = 4;

/**
 * Errors repeat what was wrong (`Invalid value: "…"`), of the request and of the stored object (K8-09). In place.
 * @param classified whether what was asked for holds classified parts
 */
export function maskStatus(status: JsonObject, classified: boolean, knownValues: readonly string[]): boolean {
  const details = memberOf(status, 'details');
  const causes = memberOf(details, 'causes');
  let changed = false;
  for (const holder of [status, ...(Array.isArray(causes) ? causes : [])]) {
    if (!isJsonObject(holder) || typeof holder['message'] !== 'string') continue;
    const masked = maskedText(holder['message'], classified, knownValues);
    changed ||= masked !== holder['message'];
    holder['message'] = masked;
  }
  return changed;
}

function maskedText(text: string, classified: boolean, knownValues: readonly string[]): string {
  let masked = classified ? text.replace(repeated, `$1${redactedText}`) : text;
  for (const value of knownValues) if (value.length >= tellingLength) masked = masked.replaceAll(value, redactedText);
  return masked;
}
