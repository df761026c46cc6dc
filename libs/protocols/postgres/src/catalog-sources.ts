import type { GatewayHost, ResourceBinding } from '@sallyport/enforcement';
import type { SqlInspector } from '@sallyport/sql';
import { CatalogSource } from './catalog-source.js';
import { Classification } from './classification.js';
import type { SqlDialect } from './dialect.js';

/** One catalog source per resource as it is bound now, one inspector per resource. */
export class CatalogSources {
  readonly #sources = new Map<string, CatalogSource>();
  readonly #inspectors = new Map<string, SqlInspector>();
  /** Of the newest binding, by database: what was learnt about classified columns outlives a change of the binding. */
  readonly #classifications = new Map<string, Classification>();

  constructor(private readonly dialect: SqlDialect) {}

  inspector(resource: string): SqlInspector {
    let inspector = this.#inspectors.get(resource);
    if (!inspector) this.#inspectors.set(resource, (inspector = this.dialect.inspector(resource)));
    return inspector;
  }

  /** The caller must release it. */
  acquire(binding: ResourceBinding, host: GatewayHost): CatalogSource {
    const key = JSON.stringify([binding.name, binding.revision]);
    let source = this.#sources.get(key);
    if (!source) {
      source = this.#make(binding, host, () => this.#sources.delete(key));
      this.#sources.set(key, source);
    }
    source.acquire();
    return source;
  }

  #make(binding: ResourceBinding, host: GatewayHost, onUnused: () => void): CatalogSource {
    const { host: name, port, database } = binding.upstream;
    const place = JSON.stringify([binding.name, name, port, database]);
    const classification = new Classification(binding.classification, (text) =>
      host.log('warn', text, { resource: binding.name }),
    );
    const older = this.#classifications.get(place);
    if (older) classification.inherit(older);
    this.#classifications.set(place, classification);
    const target = { endpoint: binding.upstream, credential: binding.credential };
    return new CatalogSource(target, this.dialect, classification, onUnused);
  }
}
