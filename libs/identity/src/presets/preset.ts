import { exactValues, isPattern } from '../claims/claim-test.js';
import type { Claims, MatchRule } from '../issuer-config.js';
import type { SignatureAlgorithm } from '../token/algorithm.js';

/** What an administrator writes about an issuer. */
export interface IssuerRules {
  readonly issuer: string;
  readonly audience: string | readonly string[];
  readonly preset?: string | undefined;
  readonly algorithms?: readonly string[] | undefined;
  readonly match: readonly MatchRule[];
}

/** Something an issuer's declaration may not say. */
export interface RuleFault {
  /** Where, e.g. `match.0.claims.sub`. */
  readonly path: string;
  readonly reason: string;
}

/** Values of a claim that an outsider can bring about: no rule fits them unless it names the claim, exactly. */
export interface Guard {
  readonly claim: string;
  readonly values: readonly (string | boolean)[];
}

/** What is known about the tokens of one kind of issuer. */
export interface Preset {
  /** Signatures that count where the declaration names none. */
  readonly algorithms: readonly SignatureAlgorithm[];
  /** The only ones it may name. */
  readonly permitted?: readonly SignatureAlgorithm[];
  /** `typ` of its tokens, lower case; empty for none. */
  readonly types: readonly string[];
  /** Values of a key's `use` that count besides `sig`. */
  readonly keyUses?: readonly string[];
  /** Whether its subjects can be people. */
  readonly people: boolean;
  /** A rule for a service account names all claims of one of these sets exactly, or else strangers fit it too. */
  readonly identifiedBy: readonly (readonly string[])[];
  /** A rule that leaves part of any claim open names one of these exactly; empty: it may. */
  readonly anchors: readonly string[];
  /** Claims that are always text: a rule with another type could never fit. */
  readonly texts: readonly string[];
  /** Claims that prove nothing, with the reason. */
  readonly forbidden?: Readonly<Record<string, string>>;
  readonly guards?: readonly Guard[];
  /** Whether a token is what such an issuer makes. */
  isGenuine(claims: Claims, issuer: string): boolean;
  /** What is wrong with the issuer's URL. */
  issuerFault?(issuer: string): string | undefined;
  /** What else is wrong with a rule; paths are names of claims. */
  ruleFaults?(rule: MatchRule): readonly RuleFault[];
}

/** The texts that a rule allows for a claim; undefined when it leaves any part open or asks for another type. */
export function exactTexts(rule: MatchRule, claim: string): readonly string[] | undefined {
  const values = Object.hasOwn(rule.claims, claim) ? exactValues(rule.claims[claim]) : undefined;
  return values?.every((value) => typeof value === 'string' && value !== '') ? (values as string[]) : undefined;
}

export function namesExactly(rule: MatchRule, claim: string): boolean {
  return Object.hasOwn(rule.claims, claim) && exactValues(rule.claims[claim]) !== undefined;
}

/** Claims of which the rule leaves a part open. */
export function openClaims(rule: MatchRule): readonly string[] {
  return Object.keys(rule.claims).filter((claim) => isPattern(rule.claims[claim]));
}
