import { allVerbs } from '@sallyport/domain';
import { z } from 'zod';
import { objectName, principalReference } from './names.js';

/** One thing a request would do. */
const effect = z.strictObject({
  action: z.enum(allVerbs),
  /** The object's id, with or without the resource: `shop/public.orders`, `public.orders`; absent: the resource itself. */
  object: z.string().min(1).max(500).optional(),
  /** For a table: the columns touched. */
  columns: z.array(z.string().min(1).max(63)).max(1600).optional(),
});

/** Asks what would happen. Either the statement, or its effects in the policy language's words. */
export const decisionRequest = z
  .strictObject({
    principal: principalReference,
    resource: objectName,
    effects: z.array(effect).min(1).max(1000).optional(),
    /** Protocol facts that the effects do not tell, by their names in the policy language; what is not given is empty. */
    facts: z.record(z.string(), z.json()).optional(),
    sql: z.string().min(1).max(100_000).optional(),
    sourceIp: z.union([z.ipv4(), z.ipv6()]).default('127.0.0.1'),
  })
  .refine((asked) => (asked.effects === undefined) !== (asked.sql === undefined), 'must have either effects or sql');
export type DecisionRequest = z.infer<typeof decisionRequest>;

/** What the gateways would decide under the current revision, and which policies say so. */
export const decisionResult = z.object({
  effect: z.enum(['permit', 'hold', 'deny']),
  /**
   * What the answer rests on. `assumed-catalog`: the statement was taken at its word, its tables for ordinary ones with
   * the columns it names; a gateway, which knows the target's views, functions and columns, may decide more strictly.
   */
  basis: z.enum(['effects', 'assumed-catalog']),
  policyRevision: z.int(),
  because: z.array(z.record(z.string(), z.unknown())),
  masks: z.array(z.strictObject({ column: z.string(), method: z.string() })),
  approval: z.record(z.string(), z.unknown()).nullable(),
  /** One entry per effect, in order. */
  effects: z.array(z.record(z.string(), z.unknown())),
});
export type DecisionResult = z.infer<typeof decisionResult>;
