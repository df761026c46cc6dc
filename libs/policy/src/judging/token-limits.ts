import type { Verb } from '@sallyport/domain';

/** What a credential was narrowed to, whatever policy permits to whoever holds it. Absent: not narrowed. */
export interface TokenLimits {
  /** Names of resources. */
  readonly resources?: readonly string[];
  /** Actions of the policy language. */
  readonly actions?: readonly string[];
}

/** Equal for limits that make no difference on this resource. */
export function limitsOn(resource: string, limits: TokenLimits | undefined): ReadonlySet<string> | undefined {
  if (limits?.resources && !limits.resources.includes(resource)) return new Set();
  // Whatever else it is for needs a connection; whether there may be one is for policy to say.
  return limits?.actions && new Set([...limits.actions, 'connect' satisfies Verb]);
}
