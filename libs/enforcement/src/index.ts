export { Permit } from './permit.js';
export type {
  ApprovalOutcome,
  ApprovalPort,
  ApprovalRequest,
  ApprovalResolution,
  Capabilities,
  EnforcementContext,
  KnownApproval,
  PolicyPort,
  RecorderPort,
} from './ports.js';
export type { Held, Permitted, Refused, Verdict } from './enforce.js';
export { enforce, refuse } from './enforce.js';
export type { Running } from './still-permitted.js';
export { stillPermitted } from './still-permitted.js';
export type { HoldHooks } from './await-approval.js';
export { awaitApproval, bindingHash } from './await-approval.js';
export type { PortableHooks, StillPending } from './await-portable-approval.js';
export { awaitPortableApproval } from './await-portable-approval.js';
export type {
  Authenticated,
  ClassifiedColumn,
  ClassifiedPart,
  GatewayHost,
  GatewayLimits,
  HttpSettings,
  ListenerName,
  KubernetesSettings,
  LiveSession,
  OpenSession,
  ProtocolAdapter,
  PublicKey,
  ResourceBinding,
  SshSettings,
  UpstreamEndpoint,
} from './adapter.js';
export { listenerNames } from './adapter.js';
