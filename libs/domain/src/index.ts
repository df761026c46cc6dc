export type { Principal, PrincipalType } from './principal.js';
export { principalRef } from './principal.js';
export type { ApiCollection } from './api-collection.js';
export { apiCollections } from './api-collection.js';
export type { Protocol, SqlVerb, Verb } from './verb.js';
export { sqlVerbs } from './verb.js';
export type { ColumnRef, FunctionRef, ObjectRef, ResourceRef, SchemaRef, TableRef } from './object-ref.js';
export { idPart, objectId, parseDottedName } from './object-ref.js';
export type { Action, ContextRecord, ContextValue, Effect, Lineage, OutputColumn, ResultShape } from './action.js';
export type {
  ApprovalRequirement,
  ApprovalTerms,
  Decision,
  MaskMethod,
  MaskObligation,
  Obligation,
  Reason,
  ReasonCode,
} from './decision.js';
export type { DecisionRecord, Exchange, Phase, SessionInfo } from './session.js';
export type { ErrorSource } from './error.js';
export { SallyportError } from './error.js';
