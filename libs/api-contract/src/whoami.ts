import { z } from 'zod';

const time = z.iso.datetime({ offset: true });

/** Empty or `true`; what else is given is refused rather than guessed. */
export const whoamiQuery = z.strictObject({ explain: z.enum(['true', 'false']).optional() });

const heldRole = z.strictObject({
  role: z.string(),
  /** A member always, or by a grant for a while. */
  by: z.enum(['membership', 'grant']),
  /** Null: on all. */
  resources: z.array(z.string()).nullable(),
  /** Null: until somebody changes it. */
  until: time.nullable(),
});
export type HeldRole = z.infer<typeof heldRole>;

const explainedGroup = z.strictObject({
  group: z.string(),
  /** What puts the caller in it: a declared member such as `User::alice` or `Group::dba`, the account itself, a claim. */
  because: z.array(
    z.discriminatedUnion('by', [
      z.strictObject({ by: z.literal('member'), member: z.string() }),
      z.strictObject({ by: z.literal('account'), account: z.string() }),
      z.strictObject({ by: z.literal('claim'), issuer: z.string(), claim: z.string(), equals: z.string() }),
    ]),
  ),
});
export type ExplainedGroup = z.infer<typeof explainedGroup>;

const explainedRole = heldRole.extend({
  /** Of a membership: `User::alice`, `Group::dba`. */
  members: z.array(z.string()),
  /** Of a grant. */
  grant: z
    .strictObject({
      id: z.uuid(),
      requestId: z.uuid(),
      requester: z.string(),
      approvedBy: z.array(z.string()),
      breakGlass: z.boolean(),
      displayReason: z.string(),
    })
    .nullable(),
});
export type ExplainedRole = z.infer<typeof explainedRole>;

const explainedResource = z.strictObject({
  resource: z.string(),
  roles: z.array(z.string()),
  /** Each action as it would fare on the resource, or on a table there that no policy singles out. */
  actions: z.array(
    z.strictObject({
      action: z.string(),
      verdict: z.enum(['permit', 'hold', 'deny']),
      because: z.array(z.strictObject({ code: z.string(), policies: z.array(z.string()) })),
    }),
  ),
});
export type ExplainedResource = z.infer<typeof explainedResource>;

/** A role that the caller can ask for, on these terms. */
const requestableRole = z.strictObject({
  role: z.string(),
  description: z.string().nullable(),
  /** Null: on all. */
  resources: z.array(z.string()).nullable(),
  maxSeconds: z.int(),
  approvers: z.array(z.string()),
  quorum: z.int(),
  /** True where the caller may also take it at once. */
  breakGlass: z.boolean(),
});
export type RequestableRole = z.infer<typeof requestableRole>;

export const whoamiExplanation = z.strictObject({
  credential: z.strictObject({
    kind: z.enum(['key', 'login', 'exchange', 'issuer']),
    /** Null: it does not end by itself, or only the token itself says when. */
    endsAt: time.nullable(),
  }),
  groups: z.array(explainedGroup),
  roles: z.array(explainedRole),
  requestable: z.array(requestableRole),
  /** Those that may be connected to, or on which there is a grant. */
  resources: z.array(explainedResource),
  /** True where there are more resources than are explained. */
  truncated: z.boolean(),
});
export type WhoamiExplanation = z.infer<typeof whoamiExplanation>;

export const whoami = z.strictObject({
  principal: z.string(),
  groups: z.array(z.string()),
  roles: z.array(heldRole),
  owner: z.string().nullable(),
  /** Of an agent: the person it acts for. */
  actsFor: z.string().nullable(),
  /** Who counts as the one behind it where two people are needed. */
  person: z.string(),
  credentialId: z.string(),
  /** Where it was asked for. */
  explanation: whoamiExplanation.optional(),
});
export type Whoami = z.infer<typeof whoami>;
