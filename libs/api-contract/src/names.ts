import { z } from 'zod';

/** Names are ids: in paths, in policies, in logs. Lower case, so that no two differ by case alone. */
export const objectName = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9_.@-]{0,126}[a-z0-9])?$/,
    'must be 1 to 128 of a-z, 0-9, dot, dash, underscore and @, with a letter or digit at both ends',
  );

/** A principal in the policy language's spelling, e.g. `ServiceAccount::ci`. */
export const principalReference = z
  .string()
  .max(300)
  .regex(/^(User|ServiceAccount|Agent)::[^\s:"]+$/, 'must be a principal such as ServiceAccount::ci');

/** A member of a group: a principal, or another group. */
export const memberReference = z
  .string()
  .max(300)
  .regex(/^(User|ServiceAccount|Agent|Group)::[^\s:"]+$/, 'must be a member such as ServiceAccount::ci or Group::dba');

const time = z.iso.datetime({ offset: true });

/** What every stored object carries beside its own members. */
export const storedFields = {
  /** Grows with every change; the ETag is this number in quotes. */
  version: z.int(),
  createdAt: time,
  updatedAt: time,
} as const;

export const listQuery = z.strictObject({
  cursor: z.string().max(512).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type ListQuery = z.infer<typeof listQuery>;

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    /** Give it back as `cursor` for what follows; null at the end. */
    next: z.string().nullable(),
  });
}
