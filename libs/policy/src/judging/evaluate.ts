import type { Verb } from '@sallyport/domain';
import type { CedarValueJson } from '@cedar-policy/cedar-wasm/nodejs';
import { statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import type { Language } from '../language/vocabulary.js';
import { languages, verbsIn, wordOf } from '../language/vocabulary.js';
import { uid } from '../language/scope.js';
import type { Statement } from '../language/statement.js';
import { PreparsedSlots } from '../slicing/preparsed-slots.js';
import type { Slice } from '../slicing/slice.js';
import type { JudgedEntity } from './entities.js';
import type { RequestContext } from './request-context.js';

/** One thing asked of policy: may this principal do this to this object? */
export interface Question {
  readonly principal: JudgedEntity;
  readonly verb: Verb;
  readonly language: Language;
  readonly object: JudgedEntity;
  readonly context: RequestContext;
}

export interface EvaluationError {
  readonly statement: Statement;
  /** Cedar's words; for administrators. */
  readonly message: string;
}

/** The statements that apply to a question, by what they say. */
export interface Applying {
  readonly forbids: readonly Statement[];
  readonly approvalForbids: readonly Statement[];
  /** Complete unless a plain forbid applies, which makes permits meaningless. */
  readonly permits: readonly Statement[];
  readonly approvalPermits: readonly Statement[];
  readonly errors: readonly EvaluationError[];
}
export const nothingApplies: Applying = {
  forbids: [],
  approvalForbids: [],
  permits: [],
  approvalPermits: [],
  errors: [],
};

/** Held by Cedar at once, whatever revisions are alive: about 10 MB. */
export const preparsedSlots = new PreparsedSlots('slice', 512);

/** By language and verb. */
const actionEntities: ReadonlyMap<string, JudgedEntity['json']> = new Map(
  languages.flatMap((language) =>
    verbsIn(language).map((verb) => {
      const parents = wordOf(language, verb)!.groups.map((id) => ({ type: 'Action', id }));
      return [`${language} ${verb}`, { uid: { type: 'Action', id: verb }, attrs: {}, parents }] as const;
    }),
  ),
);

/**
 * Asks Cedar, twice at most. Cedar names the forbids that apply, or when there is none the permits; so when only forbids
 * that approval lifts stand in the way, it is asked again without them. Throws when Cedar cannot answer.
 */
export function applying(slice: Slice, question: Question): Applying {
  if (slice.statements.length === 0) return nothingApplies;
  const first = ask(slice, question);
  if (first.errors.length > 0) return { ...nothingApplies, errors: first.errors };
  if (first.allowed) return { ...nothingApplies, ...permitsOf(first.determining) };
  const forbids = first.determining.filter(({ approval }) => !approval);
  const approvalForbids = first.determining.filter(({ approval }) => approval);
  if (forbids.length > 0 || approvalForbids.length === 0) return { ...nothingApplies, forbids, approvalForbids };
  const second = ask(slice.withoutApprovalForbids(), question);
  if (second.errors.length > 0) return { ...nothingApplies, errors: second.errors };
  return { ...nothingApplies, approvalForbids, ...(second.allowed ? permitsOf(second.determining) : {}) };
}

function permitsOf(statements: readonly Statement[]): Pick<Applying, 'permits' | 'approvalPermits'> {
  return {
    permits: statements.filter(({ approval }) => !approval),
    approvalPermits: statements.filter(({ approval }) => approval),
  };
}

interface Answer {
  readonly allowed: boolean;
  readonly determining: readonly Statement[];
  readonly errors: readonly EvaluationError[];
}

function ask(slice: Slice, { principal, verb, language, object, context }: Question): Answer {
  if (slice.statements.length === 0) return { allowed: false, determining: [], errors: [] };
  const answer = statefulIsAuthorized({
    principal: principal.json.uid,
    action: { type: 'Action', id: verb },
    resource: object.json.uid,
    context: context.only(slice.reads) as Record<string, CedarValueJson>,
    preparsedPolicySetId: preparsedSlots.nameOf(slice),
    entities: [principal.json, object.json, actionEntities.get(`${language} ${verb}`)!].flatMap((entity) =>
      asFarAsNamed(entity, slice),
    ),
  });
  if (answer.type === 'failure')
    throw new Error(`policy cannot be evaluated: ${answer.errors[0]?.message ?? 'unknown'}`);
  const { decision, diagnostics } = answer.response;
  const named = (id: string): Statement => {
    const statement = slice.byId.get(id);
    if (!statement) throw new Error('the policy engine names a statement that it was not given');
    return statement;
  };
  return {
    allowed: decision === 'allow',
    determining: diagnostics.reason.map(named).sort((a, b) => a.index - b.index),
    errors: diagnostics.errors
      .map(({ policyId, error }) => ({ statement: named(policyId), message: error.message }))
      .sort((a, b) => a.statement.index - b.statement.index),
  };
}

/**
 * An entity with the ancestors that the slice names, and none at all when it names none: `in` is only ever asked about
 * named entities, and building the hierarchy is half of what a call to Cedar costs.
 */
function asFarAsNamed({ uid: name, attrs, parents }: JudgedEntity['json'], { names }: Slice): JudgedEntity['json'][] {
  const named = parents.filter((parent) => names.has(uid(parent)));
  return named.length > 0 ? [{ uid: name, attrs, parents: named }] : [];
}
