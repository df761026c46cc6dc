import { TextPattern } from '../claims/text-pattern.js';
import type { MatchRule } from '../issuer-config.js';
import type { IssuerRules, Preset, RuleFault } from './preset.js';
import { exactTexts, namesExactly, openClaims } from './preset.js';
import { presetNamed } from './presets.js';

/** Claims that are the same in all tokens of an issuer, or different in each. */
const tellNobodyApart = ['iss', 'aud', 'exp', 'nbf', 'iat', 'jti'];

/** What an issuer's declaration may not say; empty when all is well. A rule with a fault never fits a token either. */
export function checkIssuerRules(spec: IssuerRules): readonly RuleFault[] {
  const preset = presetNamed(spec.preset);
  if (!preset) return [{ path: 'preset', reason: 'is not known' }];
  return [
    ...checkIssuer(spec, preset),
    ...spec.match.flatMap((rule, index) =>
      checkRule(rule, preset).map(({ path, reason }) => ({ path: `match.${index}.${path}`, reason })),
    ),
  ];
}

export function checkIssuer(spec: Omit<IssuerRules, 'match'>, preset: Preset): RuleFault[] {
  const faults: RuleFault[] = [];
  const issuerFault = preset.issuerFault?.(spec.issuer);
  if (issuerFault) faults.push({ path: 'issuer', reason: issuerFault });
  const { permitted } = preset;
  const strange = spec.algorithms?.filter((name) => permitted && !permitted.some((one) => one === name)) ?? [];
  if (strange.length > 0) faults.push({ path: 'algorithms', reason: `${strange.join(', ')} is never used by these` });
  return faults;
}

/** Paths start at the rule. */
export function checkRule(rule: MatchRule, preset: Preset): RuleFault[] {
  const faults = [...checkClaims(rule, preset), ...(preset.ruleFaults?.(rule) ?? [])];
  const within = faults.map(({ path, reason }) => ({ path: path ? `claims.${path}` : 'claims', reason }));
  if (rule.principal === 'User' && !preset.people) {
    within.push({ path: 'principal', reason: 'must be a ServiceAccount: these tokens never prove a person' });
  }
  return within;
}

function checkClaims(rule: MatchRule, preset: Preset): RuleFault[] {
  const faults: RuleFault[] = [];
  const claims = Object.keys(rule.claims);
  for (const claim of claims) {
    const reason = checkClaim(rule, claim, preset);
    if (reason) faults.push({ path: claim, reason });
  }
  if (claims.every((claim) => tellNobodyApart.includes(claim))) {
    faults.push({ path: '', reason: 'must name a claim that tells one subject from another' });
  }
  // Who a person is follows from their subject, which is looked up exactly; a rule only narrows who may come.
  if (rule.principal !== 'User' && !isIdentified(rule, preset)) {
    const sets = preset.identifiedBy.map((names) => names.join(' and ')).join(', or ');
    faults.push({ path: '', reason: `must name exactly: ${sets}` });
  }
  const [open] = openClaims(rule);
  if (open !== undefined && preset.anchors.length > 0 && !isAnchored(rule, preset)) {
    faults.push({ path: open, reason: `may leave a part open only next to an exact ${preset.anchors.join(' or ')}` });
  }
  return faults;
}

function checkClaim(rule: MatchRule, claim: string, preset: Preset): string | undefined {
  const value = rule.claims[claim]!;
  if (preset.forbidden && Object.hasOwn(preset.forbidden, claim)) return preset.forbidden[claim];
  if (openClaims(rule).includes(claim)) {
    const { like } = value as { like: string };
    // A pattern of stars alone also describes the empty text; no other does.
    if (new TextPattern(like).matches('')) return 'must not describe every text';
    if (preset.guards?.some((guard) => guard.claim === claim)) return 'must be exact';
  } else if (preset.texts.includes(claim) && !exactTexts(rule, claim)) {
    return 'is text in these tokens: put it in quotes';
  }
  // An address that nobody has checked is whatever its owner typed.
  if (claim === 'email' && rule.claims['email_verified'] !== true) {
    return 'counts only together with email_verified: true';
  }
  return undefined;
}

function isIdentified(rule: MatchRule, preset: Preset): boolean {
  const { identifiedBy } = preset;
  return identifiedBy.length === 0 || identifiedBy.some((names) => names.every((name) => namesExactly(rule, name)));
}

function isAnchored(rule: MatchRule, preset: Preset): boolean {
  return preset.anchors.some((claim) => exactTexts(rule, claim) !== undefined);
}
