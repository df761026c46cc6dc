import { Inject, Injectable } from '@nestjs/common';
import type { ListQuery, Manifest, ManifestKind } from '@sallyport/api-contract';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { decodeCursor, toPage, type Page } from '../../platform/http/pagination.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import type { Actor } from '../../platform/auth/actor.js';
import { findObject, listObjects } from './configuration-store.js';
import type { ChangeRequest } from './configuration.service.js';
import { ConfigurationService } from './configuration.service.js';
import type { Configuration, StoredObject, StoredSpecs } from './configuration.js';
import type { Edit } from './edit.js';
import { InvalidConfiguration } from './edit.js';
import { notFound } from './plan.js';

/** An object as the API shows it: its declaration, flat, beside its name and version. */
export type ObjectView<K extends ManifestKind> = StoredSpecs[K] & {
  readonly name: string;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** One declared object at a time, for the collections of the API. */
@Injectable()
export class ObjectsService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly configuration: ConfigurationService,
  ) {}

  async list<K extends ManifestKind>(kind: K, query: ListQuery): Promise<Page<ObjectView<K>>> {
    const after = query.cursor === undefined ? undefined : String(decodeCursor(query.cursor, ['text'])[0]);
    const found = await listObjects(this.dataSource, kind, {
      limit: query.limit + 1,
      ...(after !== undefined && { after }),
    });
    return toPage(found.map(viewOf), query.limit, (view) => [view.name]);
  }

  async get<K extends ManifestKind>(kind: K, name: string): Promise<ObjectView<K>> {
    const found = await findObject(this.dataSource, kind, name);
    if (!found) throw notFound(kind, name);
    return viewOf(found);
  }

  create<K extends ManifestKind>(actor: Actor, manifest: Manifest & { kind: K }): Promise<ObjectView<K>> {
    return this.put(actor, () => ({ op: 'put', mode: 'create', origin: 'api', manifest }));
  }

  /** @param next the new declaration, from what is stored. */
  replace<K extends ManifestKind>(
    actor: Actor,
    next: (current: Configuration) => Manifest & { kind: K },
    ifMatch: string | undefined,
  ): Promise<ObjectView<K>> {
    return this.put(actor, (current) => ({
      ...{ op: 'put', mode: 'replace', origin: 'api', manifest: next(current) },
      ...(ifMatch !== undefined && { ifMatch }),
    }));
  }

  async delete(actor: Actor, target: { kind: ManifestKind; name: string }, ifMatch: string | undefined): Promise<void> {
    const edit: Edit = { op: 'delete', ...target, ...(ifMatch !== undefined && { ifMatch }) };
    await this.change({ actor, edits: () => [edit] });
  }

  private async put<K extends ManifestKind>(
    actor: Actor,
    edit: (current: Configuration) => Edit,
  ): Promise<ObjectView<K>> {
    const { changes } = await this.change({ actor, edits: (current) => [edit(current)] });
    return viewOf(changes[0]!.stored as StoredObject<K>);
  }

  private async change(request: ChangeRequest) {
    try {
      return await this.configuration.change(request);
    } catch (error) {
      if (!(error instanceof InvalidConfiguration)) throw error;
      throw new ProblemError(422, 'invalid-request', error.message, {
        errors: error.issues.map(({ path, reason }) => ({ path: path.replace(/^spec\./, ''), reason })),
      });
    }
  }
}

function viewOf<K extends ManifestKind>(object: StoredObject<K>): ObjectView<K> {
  const { name, spec, version } = object;
  const times = { createdAt: object.createdAt.toISOString(), updatedAt: object.updatedAt.toISOString() };
  return { name, ...spec, version, ...times } as unknown as ObjectView<K>;
}
