/** One kind of object and how the API serves it. */
export interface ResourceKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly Subresource[];
  /** Where its objects are kept: two groups may serve the same ones. */
  readonly storedAs: { readonly group: string; readonly plural: string };
  /** Set for custom resources: the definition's `schema.openAPIV3Schema`. */
  readonly schema?: unknown;
  readonly printerColumns?: unknown;
}
export interface Subresource {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly verbs: readonly string[];
}

interface KindOptions {
  readonly short?: readonly string[];
  readonly categories?: readonly string[];
  readonly namespaced?: boolean;
  readonly singular?: string;
  readonly verbs?: string;
  readonly noCollectionDelete?: boolean;
  readonly storedAs?: ResourceKind['storedAs'];
  readonly subresources?: readonly {
    readonly subresource: string;
    readonly verbs: string;
    readonly kind?: string;
    readonly group?: string;
    readonly version?: string;
  }[];
}

const everyVerb = 'create delete deletecollection get list patch update watch';

/** @param apiVersion `apps/v1`, and `v1` for the core group */
export function kind(apiVersion: string, name: string, plural: string, options: KindOptions = {}): ResourceKind {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const verbs = (options.verbs ?? everyVerb).split(' ');
  return {
    group,
    version,
    kind: name,
    plural,
    singular: options.singular ?? name.toLowerCase(),
    namespaced: options.namespaced ?? true,
    shortNames: options.short ?? [],
    categories: options.categories ?? [],
    verbs: options.noCollectionDelete ? verbs.filter((verb) => verb !== 'deletecollection') : verbs,
    subresources: (options.subresources ?? []).map((sub) => ({
      name: sub.subresource,
      kind: sub.kind ?? name,
      group: sub.group ?? group,
      version: sub.version ?? version,
      verbs: sub.verbs.split(' '),
    })),
    storedAs: options.storedAs ?? { group, plural },
  };
}

/** `apps/v1`, and `v1` for the core group. */
export function apiVersionOf(kind: { readonly group: string; readonly version: string }): string {
  return kind.group ? `${kind.group}/${kind.version}` : kind.version;
}
