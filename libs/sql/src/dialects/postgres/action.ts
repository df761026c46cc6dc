import { createHash } from 'node:crypto';
import type { Action, ContextRecord, Effect, Lineage } from '@sallyport/domain';
import type { Analysis } from './analysis.js';
import type { StatementInspection } from './inspection.js';
import { Refusal } from './refusal.js';
import type { Meaning } from './statements/meaning.js';

/** Verbs that change nothing. */
const readVerbs: ReadonlySet<string> = new Set(['connect', 'select', 'reveal']);

/** Each is judged. pg_dump locks thousands of tables in one statement. */
const maxEffects = 5000;

interface Facts {
  readonly kind: string;
  readonly hasWhere: boolean;
  readonly tables: readonly string[];
  readonly functions: readonly string[];
  readonly readOnly: boolean;
  readonly parametersKnown: boolean;
}

/** What the analysis found, in the words every protocol shares. */
export function statementInspection(analysis: Analysis, meaning: Meaning, text: string): StatementInspection {
  const gathered = analysis.effects.list();
  if (gathered.length > maxEffects) throw new Refusal(`a statement may touch ${maxEffects} objects at most`);
  // A statement that touches nothing still needs leave to talk to the resource at all.
  const effects: readonly Effect[] = gathered.length > 0 ? gathered : [{ verb: 'connect', object: analysis.resource }];
  const facts: Facts = {
    kind: meaning.policyKind ?? meaning.kind.toLowerCase(),
    hasWhere: analysis.everyWriteRestricted,
    tables: analysis.effects.tableNames(),
    functions: [...analysis.functions].sort(),
    readOnly: !analysis.writes && effects.every((effect) => readVerbs.has(effect.verb)),
    parametersKnown: analysis.parameters === 0,
  };
  const result = analysis.opaque && meaning.result !== null ? 'opaque' : meaning.result;
  const lineage: Lineage = {
    results: [result === null && analysis.opaque && analysis.writes ? 'opaque' : result],
    usedElsewhere: [...analysis.used.values()],
  };
  const runsCode = effects.some((effect) => effect.verb === 'call');
  const changes = [...(meaning.changes ?? []), ...(runsCode ? [{ kind: 'opaque' } as const] : [])];
  return {
    kind: meaning.kind,
    action: makeAction({ kind: meaning.kind, text, effects, facts, lineage }),
    changes,
    copy: meaning.copy,
    allowedInTransaction: meaning.allowedInTransaction ?? true,
    parameters: analysis.parameters,
    relations: [...analysis.relations].sort((a, b) => a - b),
  };
}

/** Every statement of a text as one request. */
export function wholeAction(text: string, statements: readonly StatementInspection[], resource: string): Action {
  const [first] = statements;
  if (statements.length === 1 && first) return first.action;
  const facts = statements.map(({ action }) => action.context['statement'] as unknown as Facts);
  const united = unite(statements.flatMap(({ action }) => action.effects));
  const effects: readonly Effect[] =
    united.length > 0 ? united : [{ verb: 'connect', object: { kind: 'Resource', resource } }];
  return makeAction({
    kind: first?.kind ?? 'EMPTY',
    text,
    effects,
    facts: {
      kind: facts[0]?.kind ?? 'empty',
      hasWhere: facts.every((fact) => fact.hasWhere),
      tables: [...new Set(facts.flatMap((fact) => fact.tables))].sort(),
      functions: [...new Set(facts.flatMap((fact) => fact.functions))].sort(),
      readOnly: facts.every((fact) => fact.readOnly),
      parametersKnown: facts.every((fact) => fact.parametersKnown),
    },
    lineage: {
      results: statements.flatMap(({ action }) => action.lineage.results),
      usedElsewhere: statements.flatMap(({ action }) => action.lineage.usedElsewhere),
    },
  });
}

function unite(effects: readonly Effect[]): Effect[] {
  const byKey = new Map<string, Effect>();
  for (const effect of effects) {
    const id = JSON.stringify([effect.verb, effect.object]);
    const known = byKey.get(id);
    const columns = [...new Set([...(known?.columns ?? []), ...(effect.columns ?? [])])].sort();
    byKey.set(id, effect.columns ? { ...effect, columns } : effect);
  }
  return [...byKey.values()];
}

interface ActionParts {
  readonly kind: string;
  readonly text: string;
  readonly effects: readonly Effect[];
  readonly facts: Facts;
  readonly lineage: Lineage;
}

function makeAction({ kind, text, effects, facts, lineage }: ActionParts): Action {
  const context: ContextRecord = { statement: { ...facts } };
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([kind, effects, context, lineage]))
    .digest('base64url');
  return { protocol: 'postgres', kind, text, effects, context, lineage, fingerprint };
}
