import { Inject, Injectable } from '@nestjs/common';
import type { DecisionRequest, DecisionResult } from '@sallyport/api-contract';
import type { Action, ColumnRef, Effect } from '@sallyport/domain';
import { objectId, parseDottedName } from '@sallyport/domain';
import { actionFromEffects, Judge, readEffect } from '@sallyport/policy';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { currentRevision, loadConfiguration } from '../configuration/configuration-store.js';
import type { Configuration, StoredObject } from '../configuration/configuration.js';
import { notFound } from '../configuration/plan.js';
import { mergeGroups } from '../identity/group-membership.js';
import { PrincipalDirectory } from '../identity/principal-directory.js';

type Asked = NonNullable<DecisionRequest['effects']>[number];

/** Answers what a gateway would decide under the current revision, with the judge that gateways use. */
@Injectable()
export class DecisionsService {
  /** The judge of the newest revision asked about: compiling is dear, asking again is not. */
  private judge: Judge | undefined;

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly directory: PrincipalDirectory,
  ) {}

  async decide(request: DecisionRequest): Promise<DecisionResult> {
    if (request.effects === undefined) {
      // A statement means nothing without the target's catalog, which gateways know and this process does not.
      throw new ProblemError(422, 'catalog-unavailable', 'Give the effects: what SQL does is known on a gateway only.');
    }
    const principal = await this.directory.find(request.principal);
    if (!principal) throw notFound('enabled principal', request.principal);
    const { revision, configuration } = await this.dataSource.transaction('REPEATABLE READ', async (manager) => ({
      revision: await currentRevision(manager),
      configuration: await loadConfiguration(manager),
    }));
    const resource = configuration.get('Resource', request.resource);
    if (!resource) throw notFound('Resource', request.resource);
    const effects = request.effects.map((effect, index) => readAsked(effect, resource.name, index));
    const action = actionFromEffects({ protocol: 'postgres', effects });
    const judge = this.judgeOf(revision, configuration);
    const session = judge.forSession({
      ...{ principal, resource: resource.name, sourceIp: request.sourceIp, protocol: 'postgres' },
    });
    return toResult(session.explain(action satisfies Action));
  }

  private judgeOf(revision: number, configuration: Configuration): Judge {
    if (this.judge && this.judge.revision >= revision) return this.judge;
    const judge = new Judge({
      revision,
      policies: configuration.list('Policy').map(({ name, spec }) => ({ name, cedar: spec.cedar })),
      groups: mergeGroups(
        configuration.list('Group').map(({ name, spec }) => ({ name, members: spec.members })),
        configuration.list('ServiceAccount').map(({ name, spec }) => ({ name, groups: spec.groups })),
      ),
      resources: configuration.list('Resource').map(judgedResource),
    });
    this.judge?.retire();
    this.judge = judge;
    return judge;
  }
}

function judgedResource({ name, spec }: StoredObject<'Resource'>) {
  const classification = spec.classification.map(({ column, tags, mask }) => {
    const [schema, table, leaf] = parseDottedName(column)!;
    const ref: ColumnRef = { kind: 'Column', resource: name, schema: schema!, table: table!, column: leaf! };
    return { column: ref, tags, mask };
  });
  return { name, labels: spec.labels, classification };
}

/** Objects may be written with or without the resource in front. */
function readAsked({ action, object, columns }: Asked, resource: string, index: number): Effect {
  const isFull = object === undefined || object === resource || object.startsWith(`${resource}/`);
  const id = object === undefined ? resource : isFull ? object : `${resource}/${object}`;
  try {
    return readEffect({ action, object: id, ...(columns && { columns }) });
  } catch (error) {
    throw new ProblemError(422, 'invalid-request', 'An effect is not one of the policy language.', {
      errors: [{ path: `effects.${index}`, reason: (error as Error).message }],
    });
  }
}

function toResult({ decision, effects }: ReturnType<ReturnType<Judge['forSession']>['explain']>): DecisionResult {
  const obligations = decision.effect === 'deny' ? [] : decision.obligations;
  return {
    effect: decision.effect,
    policyRevision: decision.policyRevision,
    because: decision.because.map((reason) => ({ ...reason })),
    masks: obligations.map(({ column, method }) => ({ column: objectId(column), method })),
    approval: decision.effect === 'hold' ? { ...decision.approval } : null,
    effects: effects.map((effect) => ({ ...effect })),
  };
}
