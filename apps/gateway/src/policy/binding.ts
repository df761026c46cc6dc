import { fieldOf, parseDottedName, type ColumnRef } from '@sallyport/domain';
import type { ClassifiedColumn, ClassifiedPart, ResourceBinding } from '@sallyport/enforcement';
import type { PolicySnapshot } from '@sallyport/gateway-contract';

type SnapshotResource = PolicySnapshot['resources'][number];

/** A resource as adapters get it. Throws when its classification cannot be understood. */
export function bindingOf(resource: SnapshotResource): ResourceBinding {
  const { classification, labels: _, http, kubernetes, ssh, ...rest } = resource;
  return {
    ...rest,
    classification: classification.flatMap((entry): ClassifiedColumn[] => {
      if (!('column' in entry)) return [];
      return [{ column: columnOf(resource.name, entry.column), tags: entry.tags, mask: entry.mask }];
    }),
    fields: classification.flatMap((entry) => partOf(resource.name, entry)),
    ...(http && { http }),
    ...(kubernetes && { kubernetes }),
    ...(ssh && { ssh }),
  };
}

function partOf(resource: string, entry: SnapshotResource['classification'][number]): ClassifiedPart[] {
  const field = fieldOf(resource, entry);
  if (!field || 'column' in entry) return [];
  const by =
    'path' in entry
      ? { path: entry.path }
      : 'field' in entry
        ? { schemaField: entry.field }
        : { detector: entry.detector };
  return [{ field, by, tags: entry.tags, mask: entry.mask, in: entry.in ?? 'response' }];
}

function columnOf(resource: string, text: string): ColumnRef {
  const parts = parseDottedName(text);
  if (parts?.length !== 3) throw new Error(`resource ${resource}: "${text}" is not schema.table.column`);
  const [schema, table, column] = parts as [string, string, string];
  return { kind: 'Column', resource, schema, table, column };
}
