import { z } from 'zod';

const time = z.iso.datetime({ offset: true });

/** As a path segment and a log field alike. */
export const gatewayName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$/, 'lower-case letters, digits, dots, underscores and dashes');

export const gateway = z.strictObject({
  name: z.string(),
  enrolledAt: time,
  version: z.string().nullable(),
  adapters: z.array(z.strictObject({ protocol: z.string(), masks: z.array(z.string()) })),
  connected: z.boolean(),
  lastSeenAt: time.nullable(),
});
export type Gateway = z.infer<typeof gateway>;

export const gatewayPage = z.strictObject({ items: z.array(gateway), next: z.string().nullable() });

export const enrolmentBody = z.strictObject({
  name: gatewayName,
  expiresInSeconds: z.int().min(10).max(3600).default(600),
});
export type EnrolmentBody = z.infer<typeof enrolmentBody>;

/** The token is shown this once; it works once. */
export const enrolment = z.strictObject({ name: z.string(), token: z.string(), expiresAt: time });
export type Enrolment = z.infer<typeof enrolment>;
