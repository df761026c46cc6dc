export { Permit } from './permit.js';
export type {
  ApprovalOutcome,
  ApprovalPort,
  ApprovalRequest,
  ApprovalResolution,
  Capabilities,
  EnforcementContext,
  PolicyPort,
  RecorderPort,
} from './ports.js';
export type { Held, Permitted, Refused, Verdict } from './enforce.js';
export { enforce, refuse } from './enforce.js';
export type { Running } from './still-permitted.js';
export { stillPermitted } from './still-permitted.js';
export type { HoldHooks } from './await-approval.js';
export { awaitApproval, bindingHash } from './await-approval.js';
export type {
  Authenticated,
  ClassifiedColumn,
  ClassifiedPart,
  GatewayHost,
  GatewayLimits,
  HttpSettings,
  KubernetesSettings,
  LiveSession,
  OpenSession,
  ProtocolAdapter,
  ResourceBinding,
  SshSettings,
  UpstreamEndpoint,
} from './adapter.js';
