/** One named policy as its author wrote it; may hold several statements. */
export interface PolicySource {
  readonly name: string;
  readonly cedar: string;
}

/** Why a policy is refused. Line and column count from 1, in characters of the policy's text. */
export interface PolicyIssue {
  readonly policy: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}
