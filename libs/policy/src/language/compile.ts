import { validate } from '@cedar-policy/cedar-wasm/nodejs';
import { BoundedMap } from '../bounded-map.js';
import type { StatementIssue } from './parse-statement.js';
import { issueOf, parseStatement } from './parse-statement.js';
import type { PolicyIssue, PolicySource } from './policy-source.js';
import { policySchema } from './schema.js';
import { splitStatements } from './split-statements.js';
import type { ParsedStatement, Statement } from './statement.js';
import { positionAt } from './text-position.js';

export type CompileResult =
  | { readonly ok: true; readonly statements: readonly Statement[] }
  | { readonly ok: false; readonly issues: readonly PolicyIssue[] };

/** What is known of a statement's text. It does not depend on the rest of the set, so it outlives a revision. */
type Checked =
  { readonly ok: true; readonly statement: ParsedStatement } | { readonly ok: false; readonly issue: StatementIssue };
const checked = new BoundedMap<string, Checked>(20_000);

interface Located {
  readonly source: PolicySource;
  readonly text: string;
  readonly start: number;
  readonly suffix: string;
}

/** Parses and validates every policy. One wrong statement refuses the whole set. */
export function compilePolicies(policies: readonly PolicySource[]): CompileResult {
  const issues: PolicyIssue[] = [];
  const located: Located[] = [];
  const names = new Set<string>();
  for (const source of policies) {
    const issue = (offset: number, message: string) =>
      issues.push({ policy: source.name, ...positionAt(source.cedar, offset), message });
    if (names.has(source.name)) issue(0, 'another policy has the same name');
    names.add(source.name);
    const split = splitStatements(source.cedar);
    if (!split.ok) issue(split.offset, split.message);
    else
      split.statements.forEach((piece, at) =>
        located.push({ source, ...piece, suffix: split.statements.length > 1 ? `#${at + 1}` : '' }),
      );
  }
  const results = check(located.map((piece) => piece.text));
  const statements: Statement[] = [];
  for (const { source, text, start, suffix } of located) {
    const result = results.get(text)!;
    if (result.ok) statements.push(place(result.statement, statements.length, source.name, suffix));
    else
      issues.push({
        policy: source.name,
        ...positionAt(source.cedar, start + result.issue.offset),
        message: result.issue.message,
      });
  }
  return issues.length > 0 ? { ok: false, issues } : { ok: true, statements };
}

/** Every reason why these policies would be refused; empty when they would not. */
export function validatePolicies(policies: readonly PolicySource[]): PolicyIssue[] {
  const result = compilePolicies(policies);
  return result.ok ? [] : [...result.issues];
}

function place(statement: ParsedStatement, index: number, name: string, suffix: string): Statement {
  const label = suffix && statement.id ? `${name}#${statement.id}` : `${name}${suffix}`;
  return { ...statement, index, label };
}

function check(texts: readonly string[]): ReadonlyMap<string, Checked> {
  const results = new Map<string, Checked>();
  const parsed: ParsedStatement[] = [];
  for (const text of texts) {
    if (results.has(text)) continue;
    const before = checked.get(text);
    const result = before ?? parseStatement(text);
    results.set(text, result);
    if (!before && result.ok) parsed.push(result.statement);
  }
  for (const [text, issue] of schemaIssues(parsed)) results.set(text, { ok: false, issue });
  for (const [text, result] of results) checked.set(text, result);
  return results;
}

/**
 * What the strict validator says, errors and warnings alike: a warning means a statement that can never apply or a name
 * with invisible or mixed characters, and neither is what its author meant.
 */
function schemaIssues(statements: readonly ParsedStatement[]): Map<string, StatementIssue> {
  const found = new Map<string, StatementIssue>();
  if (statements.length === 0) return found;
  const byId = new Map(statements.map(({ text }, at) => [`s${at}`, text]));
  const answer = validate({ schema: policySchema, policies: { staticPolicies: Object.fromEntries(byId) } });
  if (answer.type === 'failure')
    throw new Error(`policies cannot be validated: ${answer.errors[0]?.message ?? 'unknown'}`);
  for (const { policyId, error } of [...answer.validationErrors, ...answer.validationWarnings]) {
    const text = byId.get(policyId);
    if (text === undefined) throw new Error(`the validator names an unknown policy ${policyId}`);
    if (!found.has(text)) found.set(text, issueOf(text, error));
  }
  if (answer.otherWarnings.length > 0)
    throw new Error(`policies cannot be validated: ${answer.otherWarnings[0]!.message}`);
  return found;
}
