import { createHash } from 'node:crypto';
import type { Decision, Protocol } from '@sallyport/domain';
import type { ResourceBinding } from '@sallyport/enforcement';
import type { PolicySnapshot } from '@sallyport/gateway-contract';
import { TrustedIssuers } from '@sallyport/identity';
import { AccessTokens } from '../authentication/access-tokens.js';
import { bindingOf } from './binding.js';
import { Directory } from './directory.js';
import type { CompiledPolicies, CompilePolicies, JudgeInput } from './judge.js';

/** Something made of a part of the snapshot, to be used again as long as that part stays the same. */
interface Made<T> {
  readonly of: string;
  readonly value: T;
}

/** One policy revision, ready to be asked. Whole and immutable: nothing ever mixes two revisions. */
export class Revision {
  readonly #bindings = new Map<string, ResourceBinding>();
  readonly #judge: Made<CompiledPolicies>;
  readonly #issuers: Made<TrustedIssuers>;
  readonly #tokens: Made<AccessTokens>;
  readonly #stamped = new WeakMap<Decision, Decision>();
  readonly directory: Directory;
  readonly pseudonymKey: Buffer;

  /**
   * People come, go and get roles all the time, policies change now and then: what was compiled for `previous` from the
   * very same text is used again.
   * @throws when anything in the snapshot cannot be understood.
   */
  constructor(
    readonly snapshot: PolicySnapshot,
    compile: CompilePolicies,
    previous?: Revision,
  ) {
    for (const resource of snapshot.resources) this.#bindings.set(resource.name, bindingOf(resource));
    this.pseudonymKey = Buffer.from(snapshot.pseudonymKey, 'base64');
    if (this.pseudonymKey.length !== 32) throw new Error('the pseudonym key has not 32 bytes');
    this.directory = new Directory(snapshot);
    const { trustedIssuers, tokens, revision } = snapshot;
    this.#issuers = madeOf(
      trustedIssuers,
      previous && previous.#issuers,
      () => new TrustedIssuers(trustedIssuers, { now: Date.now }),
    );
    this.#tokens = madeOf(tokens, previous && previous.#tokens, () => new AccessTokens(tokens));
    const judged = this.#judged();
    this.#judge = madeOf(judged, previous && previous.#judge, () => compile({ ...judged, revision }));
  }

  get judge(): CompiledPolicies {
    return this.#judge.value;
  }

  get issuers(): TrustedIssuers {
    return this.#issuers.value;
  }

  get tokens(): AccessTokens {
    return this.#tokens.value;
  }

  resource(name: string, protocol: Protocol): ResourceBinding | undefined {
    const binding = this.#bindings.get(name);
    return binding?.protocol === protocol ? binding : undefined;
  }

  /** A decision under the number of this revision, also when its policies were compiled for an earlier one. */
  stamped(decision: Decision): Decision {
    const { revision } = this.snapshot;
    if (decision.policyRevision === revision) return decision;
    let stamped = this.#stamped.get(decision);
    if (!stamped) {
      stamped = { ...decision, policyRevision: revision };
      this.#stamped.set(decision, stamped);
    }
    return stamped;
  }

  #judged(): Omit<JudgeInput, 'revision'> {
    const { policies, groups, resources } = this.snapshot;
    return {
      policies,
      groups,
      resources: resources.map(({ name, labels }) => ({
        name,
        labels,
        classification: this.#bindings.get(name)!.classification,
        fields: this.#bindings.get(name)!.fields.map(({ field, tags, mask }) => ({ field, tags, mask })),
      })),
    };
  }
}

function madeOf<T>(part: unknown, previous: Made<T> | undefined, make: () => T): Made<T> {
  const of = createHash('sha256').update(JSON.stringify(part)).digest('base64');
  return previous?.of === of ? previous : { of, value: make() };
}
