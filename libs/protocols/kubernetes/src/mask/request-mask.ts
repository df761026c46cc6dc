import { RequestFault } from '../request/request-fault.js';
import { isJsonObject, memberOf, type JsonObject, type JsonValue } from '../request/json-value.js';
import { expanded, type PatchOperation } from '../request/json-patch.js';
import type { KnownBody } from '../request/read-body.js';
import { activeParts } from './active-parts.js';
import type { ClassifiedPart, ValueForm } from './classification.js';
import { ObjectMask } from './object-mask.js';
import { parseAnswer } from './parse-answer.js';
import { isStandIn, type Replacement } from './replacement.js';

/** A body with what is classified in it taken out. */
export interface MaskedBody {
  /** For reviewers and recordings, with digests in place of classified values. */
  readonly value: JsonValue;
  /** The values that were taken out: an error may repeat them. */
  readonly values: readonly string[];
}

/**
 * @param digest what stands for a value where it is shown
 * @param hints kinds that the request's resource is made of
 * @throws RequestFault when the body brings back what a mask left: it would overwrite the value that it stood for
 */
export function maskBody(
  body: KnownBody,
  parts: readonly ClassifiedPart[],
  hints: readonly string[],
  digest: Replacement,
): MaskedBody {
  const values = new Set<string>();
  const replace: Replacement = (value, form) => {
    if (isStandIn(value, form)) {
      throw new RequestFault(403, 'the body holds a masked value, which cannot be written back', 'masked-column-used');
    }
    for (const text of spellings(value, form)) values.add(text);
    return digest(value, form);
  };
  const mask = new ObjectMask({ parts: activeParts(parts, replace), hints });
  const copy = parseAnswer(body.bytes);
  if (!body.operations) {
    mask.apply(copy);
    return { value: copy, values: [...values] };
  }
  const operations = copy as JsonValue[];
  body.operations.forEach((operation, index) => maskOperation(mask, operation, operations[index] as JsonObject));
  return { value: operations, values: [...values] };
}

/** What an operation writes is masked where it would stand in the object. */
function maskOperation(mask: ObjectMask, operation: PatchOperation, copy: JsonObject): void {
  const value = memberOf(copy, 'value');
  if (value === undefined) return;
  const place = expanded({ ...operation, value });
  if (!isJsonObject(place)) return;
  mask.apply(place);
  copy['value'] = operation.path.reduce<JsonValue>((outer, key) => memberOf(outer, key) ?? null, place);
}

function spellings(value: JsonValue, form: ValueForm): string[] {
  if (typeof value !== 'string') return [];
  return form === 'text' ? [value] : [value, Buffer.from(value, 'base64').toString()];
}
