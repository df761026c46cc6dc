import { z } from 'zod';

const name = z.string().min(1).max(128);
const time = z.iso.datetime();

export const maskMethod = z.enum(['redact', 'pseudonym', 'partial', 'null']);

const marks = { tags: z.array(z.string()), mask: maskMethod };
const body = z.enum(['response', 'request', 'both']);

export const snapshotResource = z.strictObject({
  name,
  protocol: z.enum(['postgres', 'mysql', 'ssh', 'kubernetes', 'http', 'mcp']),
  labels: z.record(z.string(), z.string()),
  upstream: z.strictObject({
    host: z.string(),
    port: z.int().min(1).max(65535),
    database: z.string().optional(),
    tls: z.enum(['disable', 'verify-full']),
    ca: z.string().optional(),
    serverName: z.string().optional(),
    /** In front of every path asked for there; without a slash at its end. */
    path: z.string().optional(),
    http2: z.boolean().optional(),
  }),
  /** Plain, because the link is TLS and the gateway must use it; never written to the gateway's disk. */
  credential: z.record(z.string(), z.string()),
  classification: z.array(
    z.union([
      z.strictObject({ column: z.string(), ...marks }),
      z.strictObject({ path: z.string(), ...marks, in: body }),
      z.strictObject({ field: z.string(), ...marks, in: body.optional() }),
      z.strictObject({ detector: z.string(), ...marks, in: body.optional() }),
    ]),
  ),
  http: z
    .strictObject({
      routes: z.array(z.string()),
      openapi: z.string().optional(),
      graphql: z
        .strictObject({
          path: z.string(),
          schema: z.string().optional(),
          persisted: z.record(z.string(), z.string()),
        })
        .optional(),
      allowHeaders: z.array(z.string()),
      maxBodyBytes: z.int(),
      maxResponseBytes: z.int().optional(),
      requestsPerMinute: z.int().optional(),
    })
    .optional(),
  kubernetes: z.strictObject({ impersonate: z.boolean(), prefix: z.string() }).optional(),
  ssh: z.strictObject({ hostKeys: z.array(z.string()).min(1), logins: z.array(z.string()) }).optional(),
  /** Changes whenever anything above does. */
  revision: z.string(),
});

/** Registered public keys, `ssh-ed25519 AAAA…` without a comment. Absent: none. */
const sshKeys = z.array(z.string()).optional();

export const snapshotServiceAccount = z.strictObject({
  name,
  owner: z.string().optional(),
  disabled: z.boolean(),
  expiresAt: time.nullable(),
  keys: z.array(
    z.strictObject({
      id: z.string(),
      /** SHA-256 of the whole key text, hex. */
      hash: z.string().length(64),
      expiresAt: time.nullable(),
    }),
  ),
  sshKeys,
});

/** A person, and the logins of theirs that stand. */
export const snapshotUser = z.strictObject({
  name,
  disabled: z.boolean(),
  /** What issuers call them. */
  identities: z.array(z.strictObject({ issuer: name, subject: z.string() })),
  logins: z.array(
    z.strictObject({
      id: z.uuid(),
      expiresAt: time,
      /** Groups that the claims of this login put them in. */
      groups: z.array(name),
    }),
  ),
  sshKeys,
});

export const snapshotRole = z.strictObject({
  name,
  /** Who has it always, on every resource: `User::alice`, `Group::dba`. */
  members: z.array(z.string()),
});

/** A role on some resources for a while. */
export const snapshotGrant = z.strictObject({
  id: z.uuid(),
  /** `User::alice`, `ServiceAccount::ci`. */
  principal: z.string(),
  role: name,
  resources: z.array(name),
  expiresAt: time,
});

/** Whoever comes with this claim from this issuer is in the group. */
export const snapshotClaimGroup = z.strictObject({
  group: name,
  issuer: name,
  claim: z.string(),
  equals: z.string(),
});

const scalar = z.union([z.string(), z.number(), z.boolean()]);
export const snapshotTrustedIssuer = z.strictObject({
  name,
  issuer: z.string(),
  audience: z.array(z.string()).min(1),
  preset: z.string().optional(),
  algorithms: z.array(z.string()).min(1),
  match: z.array(
    z.strictObject({
      claims: z.record(z.string(), z.union([scalar, z.array(scalar), z.strictObject({ like: z.string() })])),
      principal: z.string(),
    }),
  ),
  sessionSeconds: z.int().min(1),
  /** The issuer's public keys as last fetched; none when they are too old to count. */
  jwks: z.array(z.record(z.string(), z.unknown())),
  /** Until when the keys count. */
  keysValidUntil: time,
});

export const snapshotGroup = z.strictObject({
  name,
  /** `ServiceAccount::ci`, `User::alice`, `Group::other`. */
  members: z.array(z.string()),
});

/** Everything one gateway needs to decide alone. Signed as the exact bytes that travel. */
export const policySnapshot = z.strictObject({
  /** Only ever grows; a gateway refuses a smaller one than it has seen. */
  revision: z.int().min(1),
  issuedAt: time,
  /** After this long without a newer lease the gateway denies everything. Seconds. */
  maxAgeSeconds: z.int().min(1),
  gateway: name,
  policies: z.array(z.strictObject({ name, cedar: z.string() })),
  resources: z.array(snapshotResource),
  serviceAccounts: z.array(snapshotServiceAccount),
  users: z.array(snapshotUser),
  groups: z.array(snapshotGroup),
  claimGroups: z.array(snapshotClaimGroup),
  roles: z.array(snapshotRole),
  grants: z.array(snapshotGrant),
  trustedIssuers: z.array(snapshotTrustedIssuer),
  /** Ids (`jti`) of access tokens that were withdrawn before their time. */
  revokedTokens: z.array(z.string()),
  /** Verifies access tokens: issuer, audience and public keys (JWKS, EdDSA). */
  tokens: z.strictObject({
    issuer: z.string(),
    audience: z.string(),
    jwks: z.array(z.record(z.string(), z.unknown())),
  }),
  /** 32 bytes, base64: stable pseudonyms across gateways. */
  pseudonymKey: z.string(),
});
export type PolicySnapshot = z.infer<typeof policySnapshot>;

/** Says that a revision is still the newest. */
export const policyLease = z.strictObject({ revision: z.int().min(1), issuedAt: time, gateway: name });
export type PolicyLease = z.infer<typeof policyLease>;

/** `payload` is JSON text of a snapshot or lease; `signature` is Ed25519 over its UTF-8 bytes, base64. */
export const signed = z.strictObject({ payload: z.string(), signature: z.string(), keyId: z.string() });
export type Signed = z.infer<typeof signed>;
