import type { ApiCollection, Principal } from '@sallyport/domain';
import type { CedarValueJson } from '@cedar-policy/cedar-wasm/nodejs';
import { statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { entity, principalEntity } from '../judging/entities.js';
import { canonicalAddress } from '../judging/request-context.js';
import type { ApiVerb } from '../language/api-schema.js';
import { apiAction, apiCollection, apiVerbs } from '../language/api-schema.js';
import { compilePolicies } from '../language/compile.js';
import { InvalidPoliciesError } from '../language/invalid-policies-error.js';
import type { PolicySource } from '../language/policy-source.js';
import { scopeHolds } from '../language/scope.js';
import type { Statement } from '../language/statement.js';
import { PreparsedSlots } from '../slicing/preparsed-slots.js';
import { Slice } from '../slicing/slice.js';
import { administratorsPolicies, isAdministrator } from './administrators.js';

/** What is known of the object that a request is about. */
export interface ApiObject {
  readonly name: string;
  /** As manifests spell it; `Key` for a service account's key. */
  readonly kind?: string;
  /** Of a service account: the groups that it, or a group, names; not what those are in. */
  readonly groups?: readonly string[];
  readonly owner?: string;
  /** From its making to its end. Absent: it does not end. */
  readonly lifetimeSeconds?: number;
}
export interface ApiQuestion {
  readonly principal: Principal;
  readonly verb: ApiVerb;
  readonly collection: ApiCollection;
  readonly object?: ApiObject;
  readonly time: Date;
  /** Absent where it is not known: a rule that reads it then fails, and denies. */
  readonly sourceIp?: string;
  /** `key`, `login`, `exchange` or `issuer`. */
  readonly credential?: string;
}

const slots = new PreparsedSlots('api', 16);
/** What `lifetimeSeconds` is of something that does not end: longer than any bound. */
const forever = Number.MAX_SAFE_INTEGER;

/** The API's own authorisation under one set of policies: the built-in ones and what administrators wrote. Fails closed. */
export class ApiJudge {
  readonly #all: Slice;

  /** @throws InvalidPoliciesError when any policy is invalid: none is ever skipped. */
  constructor(policies: readonly PolicySource[]) {
    const compiled = compilePolicies([...administratorsPolicies, ...policies]);
    if (!compiled.ok) throw new InvalidPoliciesError(compiled.issues);
    this.#all = new Slice(compiled.api);
  }

  /** May this principal do this? An agent may what both it and the person it acts for may. */
  permits(question: ApiQuestion): boolean {
    try {
      const { actsFor } = question.principal;
      if (actsFor && !this.permits({ ...question, principal: actsFor })) return false;
      return isLifeline(question) || this.#ask(question);
    } catch {
      return false;
    }
  }

  /**
   * False when no permit speaks of this principal, verb and collection, whatever its conditions: the request can be refused
   * before its object is known. True decides nothing.
   */
  mayPermit(principal: Principal, verb: ApiVerb, collection: ApiCollection): boolean {
    if (principal.actsFor && !this.mayPermit(principal.actsFor, verb, collection)) return false;
    const who = principalEntity(principal, principal.groups);
    const what = entity({ type: apiCollection, id: collection }, []);
    return this.#all.statements.some(
      (statement: Statement) =>
        statement.effect === 'permit' &&
        statement.action?.has(verb) === true &&
        scopeHolds(statement.principal, who) &&
        scopeHolds(statement.resource, what),
    );
  }

  /** Forgets what Cedar holds prepared. */
  retire(): void {
    slots.release([this.#all]);
  }

  #ask({ principal, verb, collection, ...facts }: ApiQuestion): boolean {
    if (!apiVerbs.includes(verb)) return false;
    const who = principalEntity(principal, principal.groups);
    const answer = statefulIsAuthorized({
      principal: who.json.uid,
      action: { type: apiAction, id: verb },
      resource: { type: apiCollection, id: collection },
      context: contextOf(verb, facts),
      preparsedPolicySetId: slots.nameOf(this.#all),
      entities: [who.json],
    });
    if (answer.type === 'failure' || answer.response.diagnostics.errors.length > 0) return false;
    return answer.response.decision === 'allow';
  }
}

/**
 * Administrators may forbid themselves anything but this: whoever may not touch policies could not take back the forbid that
 * says so, and nobody else could.
 */
function isLifeline({ principal, verb, collection }: ApiQuestion): boolean {
  return collection === 'policies' && verb !== 'decide' && apiVerbs.includes(verb) && isAdministrator(principal);
}

function contextOf(
  verb: ApiVerb,
  { time, sourceIp, credential, object }: Omit<ApiQuestion, 'principal' | 'verb' | 'collection'>,
): Record<string, CedarValueJson> {
  return {
    time: { __extn: { fn: 'datetime', arg: time.toISOString() } },
    ...(sourceIp !== undefined && { sourceIp: { __extn: { fn: 'ip', arg: canonicalAddress(sourceIp) } } }),
    ...(credential !== undefined && { credential }),
    ...((object || verb !== 'read') && { object: factsOf(object ?? { name: '' }) }),
  };
}

/** Whole, as the schema promises. What is not known is what no bound holds. */
function factsOf({ name, kind, groups, owner, lifetimeSeconds }: ApiObject): Record<string, CedarValueJson> {
  return {
    name,
    kind: kind ?? '',
    groups: [...(groups ?? [])],
    owner: owner ?? '',
    lifetimeSeconds: lifetimeSeconds === undefined ? forever : Math.min(forever, Math.ceil(lifetimeSeconds)),
  };
}
