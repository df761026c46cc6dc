import { Inject, Injectable } from '@nestjs/common';
import type { ApiCollection, Principal } from '@sallyport/domain';
import type { ApiObject, ApiVerb, PolicySource } from '@sallyport/policy';
import { ApiJudge, apiVerbs } from '@sallyport/policy';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import type { ApiRules } from '../../platform/auth/api-judge.js';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { credentialKindOf } from '../../platform/auth/caller.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { firstRow, type Queryable } from '../../platform/database/query.js';
import { LOGGER } from '../../platform/logging/logger.js';
import { currentRevision } from './configuration-store.js';

/** No statement is about the API without this word, which Cedar has no other way to write. */
const mark = 'Api';

/** The API's rules as the policies of the newest revision have them, compiled once per change of theirs. */
@Injectable()
export class ApiRulesService implements ApiRules {
  private revision = -1;
  private text = '';
  private current = new ApiJudge([]);

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /**
   * Asks the database, so that no replica judges by rules that another has changed.
   * @param db a transaction that holds the revision's lock, where what it judges must not be overtaken.
   */
  async refresh(db: Queryable = this.dataSource): Promise<void> {
    const known = this.revision;
    if ((await currentRevision(db)) === known) return;
    const found = await firstRow<{ revision: string; policies: PolicySource[] | null }>(
      db,
      // One statement sees one moment.
      `SELECT revision, (
         SELECT json_agg(json_build_object('name', name, 'cedar', spec->>'cedar') ORDER BY name COLLATE "C")
         FROM objects WHERE kind = 'Policy' AND strpos(spec->>'cedar', '${mark}') > 0
       ) AS policies FROM policy_revision`,
    );
    const revision = Number(found!.revision);
    // Another request may have brought a newer one meanwhile.
    if (this.revision !== known && revision < this.revision) return;
    this.use(found!.policies ?? []);
    this.revision = revision;
  }

  readonly judge = (
    who: CallerIdentity | Principal,
    verb: ApiVerb,
    collection: ApiCollection,
    object?: ApiObject,
  ): boolean => {
    const facts = 'principal' in who ? factsOf(who) : { principal: who };
    return this.current.permits({ ...facts, verb, collection, time: new Date(), ...(object && { object }) });
  };

  mayPermit({ principal }: CallerIdentity, verb: ApiVerb, collection: ApiCollection): boolean {
    return this.current.mayPermit(principal, verb, collection);
  }

  /** Policies that cannot be read leave only what keeps administrators able to mend them. */
  private use(policies: readonly PolicySource[]): void {
    const text = JSON.stringify(policies);
    if (text === this.text) return;
    let next: ApiJudge;
    try {
      next = new ApiJudge(policies);
    } catch (error) {
      this.log.error({ err: error }, 'the policies cannot be read: the API denies everything but changes of policies');
      next = new ApiJudge([lockdown]);
    }
    this.current.retire();
    this.current = next;
    this.text = text;
  }
}

const lockdown: PolicySource = {
  name: 'unreadable',
  cedar: `forbid (principal, action in [${apiVerbs.map((verb) => `Api::Action::"${verb}"`).join(', ')}], resource);`,
};

function factsOf(caller: CallerIdentity) {
  const { principal, credentialId, sourceIp } = caller;
  const credential = credentialKindOf(credentialId);
  return { principal, credential, ...(sourceIp !== undefined && { sourceIp }) };
}
