import type { ColumnRef, FieldRef } from './object-ref.js';

export type ReasonCode =
  | 'permitted' // a permit policy applies
  | 'forbidden' // a plain forbid policy applies
  | 'no-permit' // nothing permits an effect
  | 'needs-approval' // an @approval policy asks for a human
  | 'approved' // an approval was consumed for this very request
  | 'evaluation-error' // a policy's condition failed to evaluate
  | 'decision-failed' // the judge itself failed
  | 'policy-stale' // the last signed policy is older than its maximum age
  | 'masked-column-used' // a masked column would be used other than as a traced output
  | 'cannot-perform' // the adapter cannot carry out an obligation
  | 'unparsable' // the request is not understood
  | 'unsupported' // understood, and never allowed through
  | 'recording-failed' // the decision could not be recorded
  | 'approval-denied'
  | 'approval-expired'
  | 'approval-void' // what was approved is no longer what would run, or the approval path is gone
  | 'abandoned'; // the client went away or cancelled while waiting

export interface Reason {
  readonly code: ReasonCode;
  /** The policy's name, where one decided. Never shown to the client. */
  readonly policy?: string;
  /** `@reason` of the policy or a fixed sentence; safe to show to the client. */
  readonly text?: string;
  /** Id of the object that decided, e.g. `shop/public.orders`. */
  readonly object?: string;
}

/** How a masked value is replaced. `null` empties, `redact` blanks, `pseudonym` is stable per value, `partial` keeps a tail. */
export type MaskMethod = 'redact' | 'pseudonym' | 'partial' | 'null';

export interface MaskObligation {
  readonly kind: 'mask';
  readonly column: ColumnRef;
  readonly method: MaskMethod;
}
export interface FieldMaskObligation {
  readonly kind: 'maskField';
  readonly field: FieldRef;
  readonly method: MaskMethod;
}
export type Obligation = MaskObligation | FieldMaskObligation;

/** What an obligation hides. */
export function maskedObject(obligation: Obligation): ColumnRef | FieldRef {
  return obligation.kind === 'mask' ? obligation.column : obligation.field;
}

/** Every requirement must be met by distinct people; one requirement is met by `quorum` members of any of its groups. */
export interface ApprovalRequirement {
  readonly groups: readonly string[];
  readonly quorum: number;
}
export interface ApprovalTerms {
  readonly requirements: readonly ApprovalRequirement[];
  readonly expiresInSeconds: number;
}

interface DecisionBase {
  readonly because: readonly Reason[];
  readonly policyRevision: number;
}
export type Decision =
  | (DecisionBase & { readonly effect: 'permit'; readonly obligations: readonly Obligation[] })
  | (DecisionBase & {
      readonly effect: 'hold';
      readonly approval: ApprovalTerms;
      readonly obligations: readonly Obligation[];
    })
  | (DecisionBase & { readonly effect: 'deny' });
