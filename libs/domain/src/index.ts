export type { Principal, PrincipalType } from './principal.js';
export { principalRef } from './principal.js';
export type { ApiCollection } from './api-collection.js';
export { apiCollections } from './api-collection.js';
export type { HttpVerb, KubernetesVerb, Protocol, SqlVerb, SshVerb, Verb } from './verb.js';
export { allVerbs, httpVerbs, kubernetesVerbs, protocols, sqlVerbs, sshVerbs, verbsOf } from './verb.js';
export type {
  ColumnRef,
  FieldRef,
  FunctionRef,
  NamespaceRef,
  ObjectRef,
  ResourceRef,
  SchemaRef,
  TableRef,
} from './object-ref.js';
export { idPart, objectId, parseDottedName } from './object-ref.js';
export type {
  Action,
  ClassifiedField,
  ContextRecord,
  ContextValue,
  Effect,
  Lineage,
  OutputColumn,
  ResultShape,
} from './action.js';
export type {
  ApprovalRequirement,
  ApprovalTerms,
  Decision,
  FieldMaskObligation,
  MaskMethod,
  MaskObligation,
  Obligation,
  Reason,
  ReasonCode,
} from './decision.js';
export { maskedObject } from './decision.js';
export type { DecisionRecord, Exchange, Phase, SessionInfo } from './session.js';
export { decisionId } from './session.js';
export type { ClassificationEntry } from './classified-part.js';
export { fieldOf } from './classified-part.js';
export type { DetectorName } from './detector.js';
export { detectorNames } from './detector.js';
export type { ErrorSource } from './error.js';
export { SallyportError } from './error.js';
