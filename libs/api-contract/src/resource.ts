import { parseDottedName } from '@sallyport/domain';
import { z } from 'zod';
import { objectName, pageOf, storedFields } from './names.js';

const host = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$|^[0-9A-Fa-f:.]+$/, 'must be a host name or an IP address');
const noControl = z.string().regex(/^[^\p{Cc}]*$/u, 'must not have control characters');
const tag = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'must be a short word such as pii');

const protocol = z.string().superRefine((name, context) => {
  if (name === 'postgres') return;
  const known = ['mysql', 'ssh', 'kubernetes', 'http', 'mcp'].includes(name);
  context.addIssue({
    code: 'custom',
    message: known ? `protocol ${name} is not served by this version` : 'must be postgres',
  });
});

const upstream = z.strictObject({
  host,
  port: z.int().min(1).max(65_535),
  database: noControl.min(1).max(63).optional(),
  tls: z.enum(['verify-full', 'disable']).default('verify-full'),
  /** PEM of the authority to trust instead of the gateway's system store. */
  ca: z
    .string()
    .max(65_536)
    .regex(/-----BEGIN CERTIFICATE-----/, 'must be PEM certificates')
    .optional(),
  /** Name in the server's certificate, where it is not `host`. */
  serverName: host.optional(),
});

/** Where a secret comes from. `env` and `file` are read by the control plane, once, when this is applied. */
export const secretSource = z.union(
  [
    z.strictObject({ value: z.string().min(1).max(4096) }),
    z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/) }),
    z.strictObject({ file: z.string().min(1).max(4096) }),
  ],
  { error: 'must be exactly one of {value: TEXT}, {env: NAME} and {file: PATH}' },
);
export type SecretSource = z.infer<typeof secretSource>;

const username = noControl.min(1).max(63);

const classification = z.strictObject({
  column: z
    .string()
    .max(400)
    .refine((text) => parseDottedName(text)?.length === 3, 'must be schema.table.column, e.g. public.customers.email'),
  tags: z.array(tag).max(32).default([]),
  mask: z.enum(['redact', 'pseudonym', 'partial', 'null']).default('redact'),
});

const shape = {
  protocol,
  labels: z
    .record(
      z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_./-]{0,62}$/, 'must be a short word such as env'),
      noControl.max(128),
    )
    .default({}),
  upstream,
  classification: z
    .array(classification)
    .max(10_000)
    .superRefine((columns, context) => {
      const seen = new Set<string>();
      for (const [index, { column }] of columns.entries()) {
        const key = JSON.stringify(parseDottedName(column));
        if (seen.has(key))
          context.addIssue({ code: 'custom', path: [index, 'column'], message: `${column} is listed twice` });
        seen.add(key);
      }
    })
    .default([]),
  /** The gateways that serve it; absent, every gateway does. */
  gateways: z.array(objectName).min(1).max(1000).optional(),
} as const;

/** As an administrator declares it. A stored password is kept where none is given and the upstream stays the same. */
export const resourceSpec = z.strictObject({
  ...shape,
  credential: z.strictObject({ username, password: secretSource.optional() }),
});
export type ResourceSpec = z.infer<typeof resourceSpec>;

/** As it is read: no form of the password is in it. */
export const resource = z.strictObject({
  name: objectName,
  ...shape,
  credential: z.strictObject({ username }),
  ...storedFields,
});
export type Resource = z.infer<typeof resource>;

export const newResource = resourceSpec.extend({ name: objectName });
export const resourcePage = pageOf(resource);
