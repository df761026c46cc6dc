import type { Principal, Protocol } from '@sallyport/domain';
import { principalRef } from '@sallyport/domain';
import { BoundedMap } from '../bounded-map.js';
import { compilePolicies } from '../language/compile.js';
import { InvalidPoliciesError } from '../language/invalid-policies-error.js';
import type { PolicySource } from '../language/policy-source.js';
import type { Statement } from '../language/statement.js';
import type { Language } from '../language/vocabulary.js';
import { languageOf, languages } from '../language/vocabulary.js';
import { PolicyIndex } from '../slicing/policy-index.js';
import { SliceTable } from '../slicing/slice.js';
import type { JudgedResource } from './entities.js';
import { principalEntity, ResourceEntities } from './entities.js';
import { preparsedSlots } from './evaluate.js';
import type { GroupMembers } from './group-membership.js';
import { GroupMembership } from './group-membership.js';
import { canonicalAddress } from './request-context.js';
import { JointPolicy } from './joint-policy.js';
import type { RevisionState, SessionJudge } from './session-policy.js';
import { SessionPolicy } from './session-policy.js';
import { SessionScope } from './session-scope.js';
import type { TokenLimits } from './token-limits.js';
import { limitsOn } from './token-limits.js';

/** One revision of everything that decides. */
export interface JudgeInput {
  readonly revision: number;
  readonly policies: readonly PolicySource[];
  readonly groups: readonly GroupMembers[];
  readonly resources: readonly JudgedResource[];
}

export interface SessionQuestion {
  readonly principal: Principal;
  /** Name of the resource. */
  readonly resource: string;
  /** IPv4 or IPv6 address of the client. */
  readonly sourceIp: string;
  readonly protocol: Protocol;
  readonly task?: string;
  readonly limits?: TokenLimits;
  /** The clock that policies about time read; the machine's own by default. */
  readonly now?: () => Date;
}

const maxScopes = 1000;
const maxSlices = 4096;

/** Decides under one revision. Replace it whole when the next is published, and retire the old. */
export class Judge {
  readonly #state: RevisionState;
  readonly #indexes: ReadonlyMap<Language, PolicyIndex>;
  readonly #groups: GroupMembership;
  readonly #resources: ReadonlyMap<string, ResourceEntities>;
  readonly #slices = new SliceTable(maxSlices);
  /** In order of use, oldest first. */
  readonly #scopes = new BoundedMap<string, SessionScope>(maxScopes);
  readonly #readsAddress: boolean;
  readonly #readsTask: boolean;

  /** @throws InvalidPoliciesError when any policy is invalid: none is ever skipped. */
  constructor({ revision, policies, groups, resources }: JudgeInput) {
    const compiled = compilePolicies(policies);
    if (!compiled.ok) throw new InvalidPoliciesError(compiled.issues);
    this.#state = { revision, retired: false };
    this.#indexes = new Map(languages.map((language) => [language, indexOf(language, compiled.statements)]));
    this.#groups = new GroupMembership(groups);
    this.#resources = new Map(resources.map((resource) => [resource.name, new ResourceEntities(resource)]));
    const reads = (name: string) =>
      compiled.statements.some((statement: Statement) => statement.reads.context.has(name));
    this.#readsAddress = reads('sourceIp');
    this.#readsTask = reads('task');
  }

  get revision(): number {
    return this.#state.revision;
  }

  /**
   * The judge of one session. The principal is in the groups that it lists and in those that hold any of them. A resource
   * that this revision does not know, or an address that is none, makes a judge that denies everything. Whoever acts for
   * somebody may do what both may.
   */
  forSession(question: SessionQuestion): SessionJudge {
    const { actsFor, ...actor } = question.principal;
    const own = this.#forOne({ ...question, principal: actor });
    if (!actsFor) return own;
    return new JointPolicy(
      { ref: principalRef(actor), policy: own },
      { ref: principalRef(actsFor), policy: this.forSession({ ...question, principal: actsFor }) },
    );
  }

  #forOne({ principal, resource, sourceIp, protocol, task, limits, now }: SessionQuestion): SessionPolicy {
    const facts = { sourceIp, protocol, ...(task === undefined ? {} : { task }) };
    const entities = this.#resources.get(resource);
    const language = languageOf(protocol);
    const known = entities && language && isAddress(sourceIp);
    const scope = known ? this.#scopeOf({ ...facts, principal, limits }, entities, language) : undefined;
    return new SessionPolicy(this.#state, scope, facts, now ?? (() => new Date()));
  }

  /** Every group that holds this member, e.g. `ServiceAccount::ci`; with groups it is known to be in, those and what holds them. */
  resolveGroups(ref: string, known: readonly string[] = []): string[] {
    return this.#groups.resolve(ref, known);
  }

  /** Ends the revision: whoever still asks is denied, and its prepared policies are forgotten. */
  retire(): void {
    this.#state.retired = true;
    this.#scopes.clear();
    preparsedSlots.release(this.#slices.drain());
  }

  /** Sessions whose every difference policy cannot see share their decisions. */
  #scopeOf(question: Omit<SessionQuestion, 'resource'>, resource: ResourceEntities, language: Language): SessionScope {
    const { principal, sourceIp, protocol, task } = question;
    const groups = this.#groups.resolve(principalRef(principal), principal.groups);
    const roles = [...principal.roles].sort();
    const verbs = limitsOn(resource.resource.name, question.limits);
    const seen = [this.#readsAddress ? canonicalAddress(sourceIp) : null, this.#readsTask ? (task ?? null) : null];
    const who = [principalRef(principal), groups, roles, verbs ? [...verbs].sort() : null];
    const key = JSON.stringify([who, resource.resource.name, protocol, seen]);
    const known = this.#scopes.get(key);
    const index = this.#indexes.get(language)!;
    const entity = principalEntity(principal, groups);
    const scope = known ?? new SessionScope(entity, resource, language, index, this.#slices, verbs);
    this.#scopes.set(key, scope);
    return scope;
  }
}

function indexOf(language: Language, statements: readonly Statement[]): PolicyIndex {
  const spoken = statements.filter((statement) => statement.languages.has(language));
  // Only columns are all classified beforehand; what a document's fields are tagged with is known when one is asked for.
  return new PolicyIndex(spoken, { tagsAnywhere: language !== 'sql' });
}

function isAddress(text: string): boolean {
  try {
    canonicalAddress(text);
    return true;
  } catch {
    return false;
  }
}
