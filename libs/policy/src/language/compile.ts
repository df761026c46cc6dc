import { validate } from '@cedar-policy/cedar-wasm/nodejs';
import { BoundedMap } from '../bounded-map.js';
import { contradictsItsActions } from './action-coverage.js';
import type { StatementIssue } from './parse-statement.js';
import { issueOf, parseStatement } from './parse-statement.js';
import type { PolicyIssue, PolicySource } from './policy-source.js';
import { apiSchema, languageSchemas } from './schema.js';
import { splitStatements } from './split-statements.js';
import type { ParsedStatement, Statement } from './statement.js';
import { positionAt } from './text-position.js';
import type { Language } from './vocabulary.js';
import { languages, verbsIn } from './vocabulary.js';
import { factsOf } from './facts.js';

export type CompileResult =
  | {
      readonly ok: true;
      /** About requests through gateways. */
      readonly statements: readonly Statement[];
      /** About requests to the control plane's API. */
      readonly api: readonly Statement[];
    }
  | { readonly ok: false; readonly issues: readonly PolicyIssue[] };

/** What is known of a statement's text. It does not depend on the rest of the set, so it outlives a revision. */
type Checked =
  | { readonly ok: true; readonly statement: ParsedStatement; readonly languages: ReadonlySet<Language> }
  | { readonly ok: false; readonly issue: StatementIssue };
const checked = new BoundedMap<string, Checked>(20_000);

interface Located {
  readonly source: PolicySource;
  readonly text: string;
  readonly start: number;
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
    else split.statements.forEach((piece) => located.push({ source, ...piece }));
  }
  const results = check(located.map((piece) => piece.text));
  const placed = { data: new Placement(), api: new Placement() };
  for (const { source, text, start } of located) {
    const result = results.get(text)!;
    if (result.ok) placed[result.statement.plane].add(result, source.name);
    else
      issues.push({
        policy: source.name,
        ...positionAt(source.cedar, start + result.issue.offset),
        message: result.issue.message,
      });
  }
  if (issues.length > 0) return { ok: false, issues };
  return { ok: true, statements: placed.data.statements(), api: placed.api.statements() };
}

/** Every reason why these policies would be refused; empty when they would not. */
export function validatePolicies(policies: readonly PolicySource[]): PolicyIssue[] {
  const result = compilePolicies(policies);
  return result.ok ? [] : [...result.issues];
}

/** The policies without their statements about the API, which gateways neither need nor, when older, understand. */
export function dataPlanePolicies(policies: readonly PolicySource[]): PolicySource[] {
  return policies.flatMap((source) => {
    const split = splitStatements(source.cedar);
    if (!split.ok) return [source];
    const results = check(split.statements.map(({ text }) => text));
    const kept = split.statements.filter(({ text }) => {
      const result = results.get(text)!;
      return !result.ok || result.statement.plane === 'data';
    });
    if (kept.length === split.statements.length) return [source];
    return kept.length > 0 ? [{ ...source, cedar: kept.map(({ text }) => text).join('\n') }] : [];
  });
}

/** The statements about the API, as their authors wrote them; those of a policy that cannot be read are left out. */
export function apiStatements(policies: readonly PolicySource[]): string[] {
  const compiled = policies.map((source) => compilePolicies([source]));
  return compiled.flatMap((result) => (result.ok ? result.api.map(({ text }) => text) : []));
}

/** Statements of one plane in their order. Numbered within it, so that a label is the same where the other plane is left out. */
class Placement {
  readonly #found: (Omit<Statement, 'index' | 'label'> & { readonly name: string; readonly number: number })[] = [];
  readonly #counts = new Map<string, number>();

  add({ statement, languages: spoken }: Extract<Checked, { ok: true }>, name: string): void {
    const number = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, number);
    this.#found.push({ ...statement, languages: spoken, name, number });
  }

  statements(): Statement[] {
    return this.#found.map(({ name, number, ...statement }, index) => {
      const label = this.#counts.get(name) === 1 ? name : `${name}#${statement.id ?? number}`;
      return { ...statement, index, label };
    });
  }
}

function check(texts: readonly string[]): ReadonlyMap<string, Checked> {
  const results = new Map<string, Checked>();
  const parsed: ParsedStatement[] = [];
  for (const text of new Set(texts)) {
    const before = checked.get(text);
    if (before) results.set(text, before);
    else {
      const read = parseStatement(text);
      if (read.ok) parsed.push(read.statement);
      else results.set(text, read);
    }
  }
  checkAgainstSchemas(parsed, results);
  for (const [text, result] of results) checked.set(text, result);
  return results;
}

function checkAgainstSchemas(parsed: readonly ParsedStatement[], results: Map<string, Checked>): void {
  const api = parsed.filter(({ plane }) => plane === 'api');
  const data = parsed.filter(({ plane }) => plane === 'data');
  const apiIssues = schemaIssues(api, apiSchema);
  for (const statement of api) {
    const issue = apiIssues.get(statement.text);
    results.set(statement.text, issue ? { ok: false, issue } : { ok: true, statement, languages: new Set() });
  }
  const issues = new Map(languages.map((language) => [language, schemaIssues(data, languageSchemas[language])]));
  for (const statement of data) {
    const { text } = statement;
    const spoken = languages.filter((language) => !issues.get(language)!.has(text));
    const contradiction = spoken.flatMap((language) => contradictsItsActions(statement, language) ?? [])[0];
    const issue =
      contradiction !== undefined
        ? { offset: 0, message: contradiction }
        : spoken.length === 0
          ? issues.get(meantLanguage(statement))!.get(text)!
          : undefined;
    results.set(text, issue ? { ok: false, issue } : { ok: true, statement, languages: new Set(spoken) });
  }
}

/** The language whose complaint helps the author of a statement that is valid in none. */
function meantLanguage({ reads, action }: ParsedStatement): Language {
  const byFacts = languages.find((language) => reads.context.has(factsOf[language].attribute));
  const byVerbs = languages.find((language) =>
    [...(action ?? [])].some((verb) => verbsIn(language).some((known) => known === verb)),
  );
  return byFacts ?? byVerbs ?? 'sql';
}

/**
 * What the strict validator says, errors and warnings alike: a warning means a statement that can never apply or a name
 * with invisible or mixed characters, and neither is what its author meant.
 */
function schemaIssues(statements: readonly ParsedStatement[], schema: string): Map<string, StatementIssue> {
  const found = new Map<string, StatementIssue>();
  if (statements.length === 0) return found;
  const byId = new Map(statements.map(({ text }, at) => [`s${at}`, text]));
  const answer = validate({ schema, policies: { staticPolicies: Object.fromEntries(byId) } });
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
