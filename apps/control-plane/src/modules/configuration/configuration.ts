import type {
  GroupSpec,
  IdentityProviderSpec,
  ManifestKind,
  RoleSpec,
  StoredResource,
  TrustedIssuerSpec,
  UserSpec,
} from '@sallyport/api-contract';

/** What is stored of each kind: as declared, secrets left out, defaults filled in. */
export interface StoredSpecs {
  readonly Resource: StoredResource;
  readonly ServiceAccount: {
    readonly groups: readonly string[];
    readonly owner: string | null;
    readonly disabled: boolean;
    /** ISO 8601; null: it does not end. */
    readonly expiresAt: string | null;
    /** As registered, with their comments. Absent: none. */
    readonly sshKeys?: readonly string[];
  };
  readonly User: {
    readonly identities: UserSpec['identities'];
    readonly email: string | null;
    readonly displayName: string | null;
    readonly disabled: boolean;
    /** As of accounts. */
    readonly sshKeys?: readonly string[];
  };
  readonly Group: { readonly members: GroupSpec['members']; readonly claims: GroupSpec['claims'] };
  readonly Role: {
    readonly description: string | null;
    readonly members: RoleSpec['members'];
    readonly request: NonNullable<RoleSpec['request']> | null;
  };
  readonly TrustedIssuer: TrustedIssuerSpec;
  readonly IdentityProvider: WithoutSecret<IdentityProviderSpec>;
  readonly Policy: { readonly cedar: string };
}

/** Of each member of the union on its own. */
type WithoutSecret<Spec> = Spec extends unknown ? Omit<Spec, 'clientSecret'> : never;

export type Origin = 'manifest' | 'api';

export interface StoredObject<K extends ManifestKind = ManifestKind> {
  readonly kind: K;
  readonly name: string;
  readonly spec: StoredSpecs[K];
  readonly version: number;
  readonly origin: Origin;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Everything declared, at one moment. Immutable. */
export class Configuration {
  readonly #objects: ReadonlyMap<string, StoredObject>;

  constructor(objects: Iterable<StoredObject>) {
    this.#objects = new Map([...objects].map((object) => [objectKey(object.kind, object.name), object]));
  }

  get<K extends ManifestKind>(kind: K, name: string): StoredObject<K> | undefined {
    return this.#objects.get(objectKey(kind, name)) as StoredObject<K> | undefined;
  }

  /** By name, in code-unit order. */
  list<K extends ManifestKind>(kind: K): StoredObject<K>[] {
    const found = [...this.#objects.values()].filter((object): object is StoredObject<K> => object.kind === kind);
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  all(): StoredObject[] {
    return [...this.#objects.values()];
  }
}

/** No name holds a colon. */
export function objectKey(kind: ManifestKind, name: string): string {
  return `${kind}::${name}`;
}
