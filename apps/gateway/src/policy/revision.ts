import { parseDottedName, type ColumnRef, type Principal, type Protocol } from '@sallyport/domain';
import type { ResourceBinding } from '@sallyport/enforcement';
import type { PolicySnapshot } from '@sallyport/gateway-contract';
import type { CompiledPolicies, CompilePolicies } from './judge.js';

export interface KnownKey {
  readonly id: string;
  readonly account: string;
  readonly disabled: boolean;
  /** Milliseconds since the epoch; Infinity when it never expires. */
  readonly expiresAt: number;
}

/** One policy revision, ready to be asked. Whole and immutable: nothing ever mixes two revisions. */
export class Revision {
  readonly #bindings = new Map<string, ResourceBinding>();
  readonly #keysByHash = new Map<string, KnownKey>();
  readonly #keysById = new Map<string, KnownKey>();
  readonly #owners = new Map<string, string | undefined>();
  readonly judge: CompiledPolicies;
  readonly pseudonymKey: Buffer;

  /** @throws when anything in the snapshot cannot be understood. */
  constructor(
    readonly snapshot: PolicySnapshot,
    compile: CompilePolicies,
  ) {
    for (const resource of snapshot.resources) this.#bindings.set(resource.name, bindingOf(resource));
    this.pseudonymKey = Buffer.from(snapshot.pseudonymKey, 'base64');
    if (this.pseudonymKey.length !== 32) throw new Error('the pseudonym key has not 32 bytes');
    for (const account of snapshot.serviceAccounts) {
      this.#owners.set(account.name, account.owner);
      for (const { id, hash, expiresAt } of account.keys) {
        const key = {
          id,
          account: account.name,
          disabled: account.disabled,
          expiresAt: expiresAt === null ? Infinity : Date.parse(expiresAt),
        };
        this.#keysByHash.set(hash, key);
        this.#keysById.set(id, key);
      }
    }
    this.judge = compile({
      revision: snapshot.revision,
      policies: snapshot.policies,
      groups: snapshot.groups,
      resources: snapshot.resources.map(({ name, labels }) => ({
        name,
        labels,
        classification: this.#bindings.get(name)!.classification,
      })),
    });
  }

  resource(name: string, protocol: Protocol): ResourceBinding | undefined {
    const binding = this.#bindings.get(name);
    return binding?.protocol === protocol ? binding : undefined;
  }

  /** @param hash SHA-256 of the key's text, hex. */
  keyByHash(hash: string): KnownKey | undefined {
    return this.#keysByHash.get(hash);
  }

  keyById(id: string): KnownKey | undefined {
    return this.#keysById.get(id);
  }

  /** As this revision knows it: groups are read anew each time, never remembered from a login. */
  serviceAccount(name: string): Principal {
    const owner = this.#owners.get(name);
    const groups = this.judge.resolveGroups(`ServiceAccount::${name}`);
    return { type: 'ServiceAccount', id: name, groups, roles: [], ...(owner !== undefined && { owner }) };
  }
}

function bindingOf(resource: PolicySnapshot['resources'][number]): ResourceBinding {
  const { name, protocol, upstream, credential, revision } = resource;
  const classification = resource.classification.map(({ column, tags, mask }) => ({
    column: columnOf(name, column),
    tags,
    mask,
  }));
  return { name, protocol, upstream, credential, classification, revision };
}

function columnOf(resource: string, text: string): ColumnRef {
  const parts = parseDottedName(text);
  if (parts?.length !== 3) throw new Error(`resource ${resource}: "${text}" is not schema.table.column`);
  const [schema, table, column] = parts as [string, string, string];
  return { kind: 'Column', resource, schema, table, column };
}
