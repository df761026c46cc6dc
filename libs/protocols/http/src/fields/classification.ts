import { type ClassifiedField, parseDottedName } from '@sallyport/domain';
import type { ClassifiedPart } from '@sallyport/enforcement';
import { detectorNames, parseFieldPath, stricterMethod } from '@sallyport/masking';
import type { SoughtField } from '../graphql/graphql-places.js';
import type { Coordinate } from '../openapi/schema-search.js';

/** One classified part of what a resource is sent or sends, understood. */
export interface KnownPart {
  /** What the policy's decision calls it. */
  readonly id: string;
  readonly classified: ClassifiedField;
  readonly in: ClassifiedPart['in'];
  readonly by: PartName;
}
export type PartName =
  | { readonly kind: 'path'; readonly path: string; readonly sought: SoughtField | undefined }
  | { readonly kind: 'schemaField'; readonly coordinate: Coordinate; readonly sought: SoughtField }
  | { readonly kind: 'detector'; readonly detector: string };

/** @throws RangeError for a part that is named in no way that masks understand: the resource is not served then */
export function understandParts(parts: readonly ClassifiedPart[]): KnownPart[] {
  return parts.map(({ field, tags, mask, in: where, by }) => ({
    id: field.path,
    classified: { field, tags, mask },
    in: where,
    by: nameOf(by),
  }));
}

function nameOf(by: ClassifiedPart['by']): PartName {
  if ('path' in by) {
    const steps = parseFieldPath(by.path);
    if (!steps) throw new RangeError('a classified path is malformed');
    const names = steps.flatMap((step) => (step.kind === 'name' ? [step.name] : []));
    const sought = names.length === 0 ? undefined : { name: names.at(-1)!, above: names.slice(0, -1) };
    return { kind: 'path', path: by.path, sought };
  }
  if ('schemaField' in by) {
    const [type, field, ...rest] = parseDottedName(by.schemaField) ?? [];
    if (type === undefined || field === undefined || rest.length > 0) {
      throw new RangeError('a classified field of a schema is malformed');
    }
    return { kind: 'schemaField', coordinate: { type, field }, sought: { type, name: field, above: [] } };
  }
  if (!detectorNames.includes(by.detector)) throw new RangeError('a classified detector is not known');
  return { kind: 'detector', detector: by.detector };
}

/** What policy decides about: each field once, under the strictest of the masks it is given. */
export function lineageFields(parts: readonly KnownPart[]): ClassifiedField[] {
  const fields = new Map<string, ClassifiedField>();
  for (const { id, classified } of parts) {
    const known = fields.get(id);
    const tags = [...new Set([...(known?.tags ?? []), ...classified.tags])];
    const mask = known ? stricterMethod(known.mask, classified.mask) : classified.mask;
    fields.set(id, { field: classified.field, tags, mask });
  }
  return [...fields.values()];
}
