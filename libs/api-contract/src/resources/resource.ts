import { protocols } from '@sallyport/domain';
import { z } from 'zod';
import { objectName, pageOf, storedFields } from '../names.js';
import { http, kubernetes, postgres, ssh } from './protocols.js';
import { noControl } from './upstream.js';

const served = ['postgres', 'http', 'kubernetes', 'ssh'] as const;

const anyProtocol = {
  labels: z
    .record(
      z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_./-]{0,62}$/, 'must be a short word such as env'),
      noControl.max(128),
    )
    .default({}),
  /** The gateways that serve it; absent, every gateway does. */
  gateways: z.array(objectName).min(1).max(1000).optional(),
} as const;

const unknownProtocol = {
  error: (issue: { readonly code?: string; readonly input?: unknown }): string | undefined => {
    if (issue.code !== 'invalid_union') return undefined;
    const name = (issue.input as { readonly protocol?: unknown } | undefined)?.protocol;
    const known = protocols.some((protocol) => protocol === name);
    return known ? `protocol ${String(name)} is not served by this version` : `must be one of ${served.join(', ')}`;
  },
};

const declared = <F extends z.ZodRawShape, C extends z.ZodType>({ fields, credential }: { fields: F; credential: C }) =>
  z.strictObject({ ...anyProtocol, ...fields, credential });
const kept = <F extends z.ZodRawShape, C extends z.ZodType>({ fields, stored }: { fields: F; stored: C }) =>
  z.strictObject({ ...anyProtocol, ...fields, credential: stored });

/** As an administrator declares it. A stored secret is kept where none is given and the upstream stays the same. */
export const resourceSpec = z.discriminatedUnion(
  'protocol',
  [declared(postgres), declared(http), declared(kubernetes), declared(ssh)],
  unknownProtocol,
);
export type ResourceSpec = z.infer<typeof resourceSpec>;

/** What is kept: the declaration without the secret. */
export type StoredResource = z.infer<
  | ReturnType<typeof kept<typeof postgres.fields, typeof postgres.stored>>
  | ReturnType<typeof kept<typeof http.fields, typeof http.stored>>
  | ReturnType<typeof kept<typeof kubernetes.fields, typeof kubernetes.stored>>
  | ReturnType<typeof kept<typeof ssh.fields, typeof ssh.stored>>
>;

const read = { name: objectName, ...storedFields };
/** As it is read: no form of the secret is in it. */
export const resource = z.discriminatedUnion(
  'protocol',
  [kept(postgres).extend(read), kept(http).extend(read), kept(kubernetes).extend(read), kept(ssh).extend(read)],
  unknownProtocol,
);
export type Resource = z.infer<typeof resource>;

const named = { name: objectName };
export const newResource = z.discriminatedUnion(
  'protocol',
  [
    declared(postgres).extend(named),
    declared(http).extend(named),
    declared(kubernetes).extend(named),
    declared(ssh).extend(named),
  ],
  unknownProtocol,
);
export const resourcePage = pageOf(resource);
