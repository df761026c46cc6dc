export type { Envelope } from './envelope.js';
export { contractVersion, decodeBinaryFrame, encodeBinaryFrame, encodeBinaryHead, envelope } from './envelope.js';
export type { PolicyLease, PolicySnapshot, Signed } from './v1/snapshot.js';
export { maskMethod, policyLease, policySnapshot, signed } from './v1/snapshot.js';
export type { Replies, Reply, ToControlPlane, ToGateway } from './v1/messages.js';
export { replies, reply, toControlPlane, toGateway } from './v1/messages.js';
