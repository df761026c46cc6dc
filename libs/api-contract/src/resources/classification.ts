import { detectorNames, parseDottedName } from '@sallyport/domain';
import { z } from 'zod';

const tag = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'must be a short word such as pii');
const marks = {
  tags: z.array(tag).max(32).default([]),
  mask: z.enum(['redact', 'pseudonym', 'partial', 'null']).default('redact'),
};

/** A list in which nothing is classified twice; `keyOf` says what an entry is about, and in which member that stands. */
function listOf<T extends z.ZodType>(
  entry: T,
  keyOf: (value: z.output<T>) => readonly [member: string, key: string, said: string],
) {
  return z
    .array(entry)
    .max(10_000)
    .superRefine((entries, context) => {
      const seen = new Set<string>();
      for (const [index, value] of entries.entries()) {
        const [member, key, said] = keyOf(value as z.output<T>);
        if (seen.has(`${member} ${key}`))
          context.addIssue({ code: 'custom', path: [index, member], message: `${said} is listed twice` });
        seen.add(`${member} ${key}`);
      }
    })
    .default([]);
}

const column = z.strictObject({
  column: z
    .string()
    .max(400)
    .refine((text) => parseDottedName(text)?.length === 3, 'must be schema.table.column, e.g. public.customers.email'),
  ...marks,
});
export const columnClassification = listOf(column, (entry) => [
  'column',
  JSON.stringify(parseDottedName(entry.column)),
  entry.column,
]);

const detector = z.enum(detectorNames, { error: `must be one of ${detectorNames.join(', ')}` });
/** What is found by its form, wherever it stands. */
const found = z.strictObject({ detector, ...marks });
export const detectorClassification = listOf(found, (entry) => ['detector', entry.detector, entry.detector]);

const inBodies = { in: z.enum(['response', 'request', 'both']).default('response') };
const path = z
  .string()
  .max(400)
  .regex(
    /^\$(\.{1,2}([\p{L}_][\p{L}\p{N}_-]*|\*)|\[(\*|\d{1,9}|'[^'\\\p{Cc}]+')\])+$/u,
    'must be a JSON path such as $.email, $.items[*].email or $..email',
  );
const schemaField = z
  .string()
  .max(200)
  .regex(/^[A-Za-z_][\w-]*\.[A-Za-z_][\w-]*$/, 'must be TYPE.FIELD of the schema, such as Customer.email');

const httpPart = z.union(
  [
    z.strictObject({ path, ...marks, ...inBodies }),
    z.strictObject({ field: schemaField, ...marks, ...inBodies }),
    z.strictObject({ detector, ...marks, ...inBodies }),
  ],
  { error: 'must have exactly one of path ($.email), field (Customer.email) and detector (email)' },
);
export const httpClassification = listOf(httpPart, (entry) =>
  'path' in entry
    ? ['path', entry.path, entry.path]
    : 'field' in entry
      ? ['field', entry.field, entry.field]
      : ['detector', entry.detector, entry.detector],
);

/** Parts of Kubernetes objects that can be classified. Data of Secrets is, whether it is listed or not. */
export const kubernetesFields = ['Secret.data', 'ConfigMap.data', 'Pod.env'] as const;
const kubernetesPart = z.union(
  [
    z.strictObject({
      field: z.enum(kubernetesFields, { error: `must be one of ${kubernetesFields.join(', ')}` }),
      ...marks,
    }),
    found,
  ],
  { error: `must have exactly one of field (${kubernetesFields.join(', ')}) and detector (email)` },
);
export const kubernetesClassification = listOf(kubernetesPart, (entry) =>
  'field' in entry ? ['field', entry.field, entry.field] : ['detector', entry.detector, entry.detector],
);
