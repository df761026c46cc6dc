import { at, records, strings, text } from './kubernetes-object.js';
import type { KubernetesObject } from './kubernetes-object.js';
import type { ResourceKind } from './resource-kind.js';
import { kind } from './resource-kind.js';
import { builtInKinds } from './resource-kinds.js';

/** The kinds served now: the built-in ones and those of the custom resource definitions. */
export class ResourceRegistry {
  #custom = new Map<string, readonly ResourceKind[]>();

  all(): readonly ResourceKind[] {
    return [...builtInKinds, ...[...this.#custom.values()].flat()];
  }

  find(group: string, version: string, plural: string): ResourceKind | undefined {
    return this.all().find((k) => k.group === group && k.version === version && k.plural === plural);
  }

  byKind(apiVersion: string, name: string): ResourceKind | undefined {
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    return this.all().find((k) => k.group === group && k.version === version && k.kind === name);
  }

  /** The kind whose objects a collection of the store holds. */
  byCollection(collection: string): ResourceKind | undefined {
    return this.all().find((k) => `${k.group}/${k.plural}` === collection);
  }

  /** Groups with their versions, the core group left out. */
  groups(): readonly { readonly name: string; readonly versions: readonly string[] }[] {
    const found = new Map<string, Set<string>>();
    for (const { group, version } of this.all()) {
      if (group) found.set(group, (found.get(group) ?? new Set()).add(version));
    }
    return [...found].map(([name, versions]) => ({ name, versions: [...versions] }));
  }

  define(definition: KubernetesObject): void {
    const names = at(definition, 'spec', 'names');
    const group = text(at(definition, 'spec', 'group'));
    const plural = text(at(names, 'plural'));
    const served = records(at(definition, 'spec', 'versions')).filter((version) => version['served'] === true);
    const kinds = served.map((version): ResourceKind => {
      const subresources = [
        ...(at(version, 'subresources', 'status') ? [{ subresource: 'status', verbs: 'get patch update' }] : []),
      ];
      const base = kind(`${group}/${text(version['name'])}`, text(at(names, 'kind')), plural, {
        short: strings(at(names, 'shortNames')),
        categories: strings(at(names, 'categories')),
        namespaced: at(definition, 'spec', 'scope') !== 'Cluster',
        ...(at(names, 'singular') ? { singular: text(at(names, 'singular')) } : {}),
        subresources,
      });
      return {
        ...base,
        schema: at(version, 'schema', 'openAPIV3Schema') ?? {},
        printerColumns: version['additionalPrinterColumns'],
      };
    });
    this.#custom.set(definition.metadata.name, kinds);
  }

  forget(definitionName: string): void {
    this.#custom.delete(definitionName);
  }
}
