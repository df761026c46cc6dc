import { z } from 'zod';
import { objectName, pageOf, storedFields } from './names.js';
import { sshKeys } from './ssh-key.js';

const time = z.iso.datetime({ offset: true });
const groups = z.array(objectName).max(1000);
/** The person who answers for the account, and who may therefore not approve what it asks. */
const owner = z.string().regex(/^[^\p{Cc}\s]{1,320}$/u, 'must be a name or an e-mail address');

/** Where `owner` or `disabled` is absent, what was stored stays. A new account needs an owner, its own or its maker's. */
export const serviceAccountSpec = z.strictObject({
  groups: groups.default([]),
  owner: owner.optional(),
  disabled: z.boolean().optional(),
  /** From then on it proves nobody. Absent: it does not end. */
  expiresAt: time.optional(),
  /** Public keys that are as good as its other keys, at the SSH listener only. Absent: none. */
  sshKeys: sshKeys.optional(),
});
export type ServiceAccountSpec = z.infer<typeof serviceAccountSpec>;

export const newServiceAccount = serviceAccountSpec.extend({ name: objectName });

/** Only what is given changes. An owner can be another, but not be taken away. */
export const serviceAccountPatch = z
  .strictObject({
    groups: groups.optional(),
    owner: owner.optional(),
    disabled: z.boolean().optional(),
    expiresAt: time.nullable().optional(),
    sshKeys: sshKeys.optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'must change something');
export type ServiceAccountPatch = z.infer<typeof serviceAccountPatch>;

export const serviceAccount = z.strictObject({
  name: objectName,
  groups,
  owner: z.string().nullable(),
  disabled: z.boolean(),
  expiresAt: time.nullable(),
  /** Absent: none. */
  sshKeys: z.array(z.string()).optional(),
  ...storedFields,
});
export type ServiceAccount = z.infer<typeof serviceAccount>;
export const serviceAccountPage = pageOf(serviceAccount);

const year = 366 * 24 * 3600;

const keySeconds = z
  .int()
  .min(1)
  .max(10 * year);

export const newKey = z.strictObject({
  /** Absent: the key works until it is deleted. */
  expiresInSeconds: keySeconds.optional(),
});
export type NewKey = z.infer<typeof newKey>;

/** The key's text is shown this once. */
export const createdKey = z.strictObject({ id: z.string(), key: z.string(), expiresAt: time.nullable() });
export type CreatedKey = z.infer<typeof createdKey>;

export const keyRotation = z.strictObject({
  /** How long both work; 0 ends the old one, and its sessions, at once. */
  overlapSeconds: z
    .int()
    .min(0)
    .max(7 * 24 * 3600)
    .default(3600),
  /** Of the new key; absent: as long as the old one was to live. */
  expiresInSeconds: keySeconds.optional(),
});
export type KeyRotation = z.infer<typeof keyRotation>;

export const rotatedKey = createdKey.extend({ replaces: z.strictObject({ id: z.string(), expiresAt: time }) });
export type RotatedKey = z.infer<typeof rotatedKey>;

export const key = z.strictObject({
  id: z.string(),
  createdAt: time,
  expiresAt: time.nullable(),
  /** To the minute, uses of this API only. */
  lastUsedAt: time.nullable(),
});
export type Key = z.infer<typeof key>;
export const keyPage = pageOf(key);
