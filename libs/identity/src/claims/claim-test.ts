import type { ClaimRule, Scalar } from '../issuer-config.js';
import { TextPattern } from './text-pattern.js';

/** Whether a claim's value is what a rule asks for. */
export type ClaimTest = (value: unknown) => boolean;

/**
 * Typed and exact: "1" is not 1, "admin" is not ["admin"], no case folding, no normalisation. What is not a rule fits
 * nothing.
 */
export function claimTest(rule: ClaimRule): ClaimTest {
  if (isScalar(rule)) return (value) => equals(value, rule);
  if (isList(rule)) return (value) => rule.some((one) => isScalar(one) && equals(value, one));
  if (isPattern(rule)) {
    const pattern = new TextPattern(rule.like);
    return (value) => typeof value === 'string' && pattern.matches(value);
  }
  return () => false;
}

/** Whether a rule leaves a part of the claim open. */
export function isPattern(rule: unknown): rule is { readonly like: string } {
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) return false;
  return Object.keys(rule).length === 1 && 'like' in rule && typeof rule.like === 'string';
}

/** The values that an exact rule allows; undefined for any other. */
export function exactValues(rule: ClaimRule | undefined): readonly Scalar[] | undefined {
  if (isScalar(rule)) return [rule];
  return isList(rule) && rule.length > 0 ? rule : undefined;
}

function isList(rule: unknown): rule is readonly Scalar[] {
  return Array.isArray(rule);
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** Numbers beyond 2^53 are rounded when read: two ids could become one. */
function equals(value: unknown, wanted: Scalar): boolean {
  if (typeof wanted === 'number' && Math.abs(wanted) > Number.MAX_SAFE_INTEGER) return false;
  return value === wanted;
}
