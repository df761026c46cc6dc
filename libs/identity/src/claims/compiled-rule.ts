import type { Claims, MatchRule } from '../issuer-config.js';
import type { Guard } from '../presets/preset.js';
import { claimTest, exactValues, type ClaimTest } from './claim-test.js';
import { claimValue } from './claim-value.js';

/** Who a rule says it is. */
export type RulePrincipal = { readonly kind: 'ServiceAccount'; readonly name: string } | { readonly kind: 'User' };

export interface CompiledRule {
  /** Its place in the declaration, from 0. */
  readonly index: number;
  readonly principal: RulePrincipal;
  fits(claims: Claims): boolean;
}

/** Undefined for a rule that names no claim, which everybody would fit, or no principal. */
export function compileRule(rule: MatchRule, index: number, guards: readonly Guard[] = []): CompiledRule | undefined {
  const principal = parsePrincipal(rule.principal);
  const tests = Object.entries(rule.claims).map(([name, wanted]): [string, ClaimTest] => [name, claimTest(wanted)]);
  if (!principal || tests.length === 0) return undefined;
  const closed = guards.filter(
    ({ claim }) => !Object.hasOwn(rule.claims, claim) || exactValues(rule.claims[claim]) === undefined,
  );
  return {
    index,
    principal,
    fits: (claims) =>
      tests.every(([name, test]) => test(claimValue(claims, name))) &&
      !closed.some(({ claim, values }) => values.some((value) => value === claimValue(claims, claim))),
  };
}

function parsePrincipal(text: string): RulePrincipal | undefined {
  if (text === 'User') return { kind: 'User' };
  const name = /^ServiceAccount::([^\s:"]+)$/.exec(text)?.[1];
  return name === undefined ? undefined : { kind: 'ServiceAccount', name };
}
