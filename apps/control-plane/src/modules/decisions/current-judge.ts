import { Inject, Injectable } from '@nestjs/common';
import type { ClassifiedField, ColumnRef } from '@sallyport/domain';
import { fieldOf, parseDottedName } from '@sallyport/domain';
import { Judge } from '@sallyport/policy';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { currentRevision, loadConfiguration } from '../configuration/configuration-store.js';
import type { Configuration, StoredObject } from '../configuration/configuration.js';
import { standingGrants, type GrantRow } from '../grants/grant.store.js';
import { mergeGroups } from '../identity/group-membership.js';

/** Everything that decides, of one moment. */
export interface Moment {
  readonly configuration: Configuration;
  /** Those that stand, of everybody. */
  readonly grants: readonly GrantRow[];
  readonly judge: Judge;
}

/** The judge that gateways use, under the current revision. */
@Injectable()
export class CurrentJudge {
  /** Of the newest revision asked about: compiling is dear, asking again is not. */
  #judge: Judge | undefined;

  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  async now(): Promise<Moment> {
    const { revision, ...known } = await this.dataSource.transaction('REPEATABLE READ', async (manager) => ({
      revision: await currentRevision(manager),
      configuration: await loadConfiguration(manager),
      grants: await standingGrants(manager),
    }));
    return { ...known, judge: this.#judgeOf(revision, known.configuration) };
  }

  #judgeOf(revision: number, configuration: Configuration): Judge {
    if (this.#judge && this.#judge.revision >= revision) return this.#judge;
    const judge = new Judge({
      revision,
      policies: configuration.list('Policy').map(({ name, spec }) => ({ name, cedar: spec.cedar })),
      groups: mergeGroups(
        configuration.list('Group').map(({ name, spec }) => ({ name, members: spec.members })),
        configuration.list('ServiceAccount').map(({ name, spec }) => ({ name, groups: spec.groups })),
      ),
      resources: configuration.list('Resource').map(judgedResource),
    });
    this.#judge?.retire();
    this.#judge = judge;
    return judge;
  }
}

function judgedResource({ name, spec }: StoredObject<'Resource'>) {
  const columns = spec.protocol === 'postgres' ? spec.classification : [];
  const classification = columns.map(({ column, tags, mask }) => {
    const [schema, table, leaf] = parseDottedName(column)!;
    const ref: ColumnRef = { kind: 'Column', resource: name, schema: schema!, table: table!, column: leaf! };
    return { column: ref, tags, mask };
  });
  const fields = spec.classification.flatMap((entry): ClassifiedField[] => {
    const field = fieldOf(name, entry);
    return field ? [{ field, tags: entry.tags, mask: entry.mask }] : [];
  });
  return { name, labels: spec.labels, classification, fields };
}
