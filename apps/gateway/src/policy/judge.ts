import type { ClassifiedField, Principal, Protocol } from '@sallyport/domain';
import type { ClassifiedColumn, PolicyPort } from '@sallyport/enforcement';
import type { TokenLimits } from '@sallyport/policy';

/** What a revision is compiled from. */
export interface JudgeInput {
  readonly revision: number;
  readonly policies: readonly { readonly name: string; readonly cedar: string }[];
  readonly groups: readonly { readonly name: string; readonly members: readonly string[] }[];
  readonly resources: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly classification: readonly ClassifiedColumn[];
    readonly fields?: readonly ClassifiedField[];
  }[];
}

export interface SessionFacts {
  readonly principal: Principal;
  readonly resource: string;
  readonly sourceIp: string;
  readonly protocol: Protocol;
  /** What the credential in use was narrowed to. */
  readonly limits?: TokenLimits;
  readonly now: () => Date;
}

/** One compiled revision. The policy library's Judge is one. */
export interface CompiledPolicies {
  /** An agent may do what is permitted to it and to the person it acts for. */
  forSession(facts: SessionFacts): PolicyPort;
  /** Names of every group that holds this principal or one of the groups it is known to be in, those included. */
  resolveGroups(principalRef: string, known?: readonly string[]): readonly string[];
  /** Ends it: whoever still asks is denied, and what it holds is freed. */
  retire(): void;
}

/** @throws when any policy does not compile: a revision holds as a whole or not at all. */
export type CompilePolicies = (input: JudgeInput) => CompiledPolicies;
