export type { ApiCollection } from './collection.js';
export { apiCollections } from './collection.js';
export type { ListQuery } from './names.js';
export { listQuery, objectName, pageOf, principalReference } from './names.js';
export type { SecretSource } from './secret-source.js';
export type { Resource, ResourceSpec, StoredResource } from './resources/resource.js';
export { newResource, resource, resourcePage, resourceSpec } from './resources/resource.js';
export type {
  CreatedKey,
  Key,
  KeyRotation,
  NewKey,
  RotatedKey,
  ServiceAccount,
  ServiceAccountPatch,
  ServiceAccountSpec,
} from './service-account.js';
export {
  createdKey,
  key,
  keyPage,
  keyRotation,
  newKey,
  newServiceAccount,
  rotatedKey,
  serviceAccount,
  serviceAccountPage,
  serviceAccountPatch,
  serviceAccountSpec,
} from './service-account.js';
export { withoutComment } from './ssh-key.js';
export type { User, UserPatch, UserSpec } from './user.js';
export { externalIdentity, newUser, user, userPage, userPatch, userSpec } from './user.js';
export type { Role, RoleRequestRules, RoleSpec } from './role.js';
export { newRole, role, rolePage, roleRequestRules, roleSpec } from './role.js';
export type { IssuerKeyState, MatchRule, TrustedIssuer, TrustedIssuerSpec } from './trusted-issuer.js';
export {
  issuerKeyState,
  issuerPresets,
  newTrustedIssuer,
  signatureAlgorithms,
  trustedIssuer,
  trustedIssuerPage,
  trustedIssuerSpec,
} from './trusted-issuer.js';
export type { IdentityProvider, IdentityProviderSpec } from './identity-provider.js';
export {
  identityProvider,
  identityProviderPage,
  identityProviderSpec,
  newIdentityProvider,
} from './identity-provider.js';
export type { Group, GroupSpec } from './group.js';
export { group, groupPage, groupSpec, newGroup } from './group.js';
export type { Policy, PolicySpec } from './policy.js';
export { newPolicy, policy, policyPage, policySpec } from './policy.js';
export type {
  Manifest,
  ManifestChange,
  ManifestError,
  ManifestKind,
  ManifestQuery,
  ManifestResult,
} from './manifest.js';
export { manifest, manifestChange, manifestError, manifestKinds, manifestQuery, manifestResult } from './manifest.js';
export type { BootstrapResult, TokenError, TokenRequest, TokenResponse } from './access.js';
export {
  authorizationServer,
  bootstrapBody,
  bootstrapResult,
  jwks,
  revocationRequest,
  tokenError,
  tokenRequest,
  tokenResponse,
} from './access.js';
export type {
  ExplainedGroup,
  ExplainedResource,
  ExplainedRole,
  HeldRole,
  RequestableRole,
  Whoami,
  WhoamiExplanation,
} from './whoami.js';
export { whoami, whoamiExplanation, whoamiQuery } from './whoami.js';
export type { Login } from './login.js';
export { backchannelLogoutBody, deviceAuthorization, login, loginPage } from './login.js';
export type { DecisionRequest, DecisionResult } from './decision.js';
export { decisionRequest, decisionResult } from './decision.js';
export type { Approval, ApprovalQuery, ApprovalSummary } from './approvals.js';
export {
  approval,
  approvalDecision,
  approvalPage,
  approvalQuery,
  approvalState,
  approvalSummary,
  approveBody,
  denyBody,
} from './approvals.js';
export type { AccessRequest, AccessRequestQuery, ExtendBody, NewAccessRequest } from './access-requests.js';
export {
  accessRequest,
  accessRequestPage,
  accessRequestQuery,
  accessRequestState,
  extendBody,
  newAccessRequest,
  withdrawBody,
} from './access-requests.js';
export type { Grant, GrantQuery } from './grants.js';
export { grant, grantPage, grantQuery, grantState } from './grants.js';
export type { WatchEnd, WatchEvent, WatchQuery } from './session-watch.js';
export { watchEvent, watchQuery } from './session-watch.js';
export type { RecordingIndex, RecordingState, Session, SessionDetail, SessionQuery } from './sessions.js';
export {
  recordingIndex,
  recordingState,
  session,
  sessionDetail,
  sessionPage,
  sessionQuery,
  terminateBody,
} from './sessions.js';
export type { Enrolment, EnrolmentBody, Gateway } from './gateways.js';
export { enrolment, enrolmentBody, gateway, gatewayName, gatewayPage } from './gateways.js';
export type { AuditEntry, AuditIntegrity, AuditIntegrityQuery, AuditQuery } from './audit.js';
export { auditEntry, auditIntegrity, auditIntegrityQuery, auditPage, auditQuery } from './audit.js';
export type { ScimErrorBody, ScimGroup, ScimPatch, ScimQuery, ScimUser, ScimUserInput } from './scim.js';
export {
  scimError,
  scimListOf,
  scimMediaType,
  scimPatch,
  scimQuery,
  scimSchemas,
  scimUser,
  scimUserInput,
} from './scim.js';
export type { Problem } from './problem.js';
export { problem } from './problem.js';
export type { ApiRoute, RouteAnswer, RouteBody } from './route.js';
export { apiRoutes } from './routes.js';
export { buildOpenApi } from './openapi.js';
