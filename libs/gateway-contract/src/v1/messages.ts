import { z } from 'zod';
import { signed } from './snapshot.js';

const uuid = z.uuid();
const time = z.iso.datetime();
const onePrincipal = z.strictObject({
  type: z.enum(['User', 'ServiceAccount', 'Agent']),
  id: z.string(),
  groups: z.array(z.string()).readonly(),
  roles: z.array(z.string()).readonly(),
  owner: z.string().optional(),
});
const principal = onePrincipal.extend({
  /** Of an agent: the person it acts for. */
  actsFor: onePrincipal.optional(),
});
const session = z.strictObject({
  id: uuid,
  principal,
  credentialId: z.string(),
  resource: z.string(),
  protocol: z.string(),
  gateway: z.string(),
  clientAddress: z.string(),
  startedAt: time,
});
const terms = z.strictObject({
  requirements: z.array(z.strictObject({ groups: z.array(z.string()).min(1), quorum: z.int().min(1) })).min(1),
  expiresInSeconds: z.number().positive(),
});
/** Public half of a key pair made by its holder, JWK, OKP/Ed25519. */
const publicKey = z.record(z.string(), z.unknown());

/** From the control plane, unasked. */
export const toGateway = {
  /** First message of every connection; the gateway signs the nonce to prove its key. */
  'control-plane.challenge': z.strictObject({ nonce: z.string().min(16) }),
  'policy.published': signed,
  'policy.lease': signed,
  /** Sessions of this principal, or of this one credential of it, end now. */
  'identity.revoked': z.strictObject({
    principal: z.string(),
    credentialId: z.string().optional(),
    /** The revision that no longer has it: from then on the snapshot says who may come in. */
    revision: z.int().min(1).optional(),
  }),
  'session.terminate': z.strictObject({ sessionId: uuid, reason: z.string() }),
  /**
   * Somebody watches this session: for so long, unless it is said again, what is recorded of it is wanted at once. A
   * gateway that does not know this message delivers as it always does, some seconds later.
   */
  'session.watched': z.strictObject({ sessionId: uuid, seconds: z.int().min(1).max(60) }),
  'approval.resolved': z.strictObject({
    approvalId: uuid,
    state: z.enum(['approved', 'denied', 'expired', 'abandoned', 'void']),
    comment: z.string().optional(),
  }),
} as const;

/** From the gateway. Each is answered by `reply`. */
export const toControlPlane = {
  /** A one-time token becomes an enrolled gateway with a key of its own. */
  'gateway.enrol': z.strictObject({ token: z.string(), name: z.string(), publicKey }),
  'gateway.hello': z.strictObject({
    credential: z.string(),
    /** Ed25519 over the challenge's nonce, base64. */
    proof: z.string(),
    version: z.string(),
    adapters: z.array(z.strictObject({ protocol: z.string(), masks: z.array(z.string()) })),
    /** Sessions alive on the gateway now: whatever else the control plane thinks open on it was lost. */
    sessions: z.array(uuid),
  }),
  /** Asks for a fresh credential before the old one ends. */
  'lease.renew': z.strictObject({}),
  'session.opened': session,
  'session.closed': z.strictObject({ sessionId: uuid, endedAt: time, reason: z.string() }),
  'exchange.held': z.strictObject({
    id: uuid,
    session,
    seq: z.int(),
    decisionId: z.string(),
    kind: z.string(),
    text: z.string(),
    parameters: z.array(z.string().nullable()).optional(),
    effects: z.array(z.strictObject({ verb: z.string(), object: z.string() })),
    terms,
    policyRevision: z.int(),
    bindingHash: z.string().length(64),
    reasons: z.array(z.string()),
    expiresAt: time,
    /** It outlives the session; the client may come back for it. */
    portable: z.boolean().optional(),
  }),
  /** A portable approval for the very same request, by its id where the client named it. */
  'approval.find': z.strictObject({ bindingHash: z.string().length(64), approvalId: uuid.optional() }),
  'approval.consume': z.strictObject({ approvalId: uuid, bindingHash: z.string() }),
  'approval.abandon': z.strictObject({ approvalId: uuid, reason: z.string() }),
  'approval.outcome': z.strictObject({
    approvalId: uuid,
    outcome: z.enum(['completed', 'failed', 'unknown']),
    detail: z.string(),
  }),
  /** Attachment: the segment's bytes. Answered `ok` only when they are durable; sending one again is harmless. */
  'recording.segment': z.strictObject({
    sessionId: uuid,
    /** From 0, without gaps. */
    index: z.int().min(0),
    /** SHA-256 of the attachment, hex. */
    sha256: z.string().length(64),
    /** Chain value after this segment, hex: see the recording format. */
    chain: z.string().length(64),
    last: z.boolean(),
  }),
} as const;

/** What `reply.body` holds on success, by the type of the question. */
export const replies = {
  'gateway.enrol': z.strictObject({
    name: z.string(),
    credential: z.string(),
    expiresAt: time,
    /** Verifies snapshots and leases. */
    signingKeys: z.array(z.strictObject({ keyId: z.string(), publicKey })),
  }),
  'gateway.hello': z.strictObject({
    name: z.string(),
    /** Approvals of this gateway's live sessions that were decided while it was away. */
    resolved: z.array(toGateway['approval.resolved']),
  }),
  'lease.renew': z.strictObject({ credential: z.string(), expiresAt: time }),
  'session.opened': z.strictObject({}),
  'session.closed': z.strictObject({}),
  'exchange.held': z.strictObject({}),
  'approval.find': z.strictObject({
    approval: z
      .strictObject({
        id: uuid,
        state: z.enum(['pending', 'approved', 'consumed', 'denied', 'expired', 'abandoned', 'void']),
        comment: z.string().optional(),
        terms,
        bindingHash: z.string().length(64),
        expiresAt: time,
      })
      .nullable(),
  }),
  'approval.consume': z.strictObject({ consumed: z.boolean() }),
  'approval.abandon': z.strictObject({}),
  'approval.outcome': z.strictObject({}),
  'recording.segment': z.strictObject({}),
} as const;

export const reply = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), result: z.unknown() }),
  z.strictObject({ ok: z.literal(false), code: z.string(), message: z.string() }),
]);
export type Reply = z.infer<typeof reply>;

export type ToGateway = { [T in keyof typeof toGateway]: z.infer<(typeof toGateway)[T]> };
export type ToControlPlane = { [T in keyof typeof toControlPlane]: z.infer<(typeof toControlPlane)[T]> };
export type Replies = { [T in keyof typeof replies]: z.infer<(typeof replies)[T]> };
