import { Inject, Injectable } from '@nestjs/common';
import type { DecisionRequest, DecisionResult } from '@sallyport/api-contract';
import type { ColumnRef, Effect } from '@sallyport/domain';
import { objectId, parseDottedName } from '@sallyport/domain';
import { actionFromEffects, Judge, readEffect } from '@sallyport/policy';
import type { Inspection } from '@sallyport/sql';
import { loadParser, PostgresInspector } from '@sallyport/sql';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { currentRevision, loadConfiguration } from '../configuration/configuration-store.js';
import type { Configuration, StoredObject } from '../configuration/configuration.js';
import { notFound } from '../configuration/plan.js';
import { mergeGroups } from '../identity/group-membership.js';
import { PrincipalDirectory } from '../identity/principal-directory.js';
import { assumeCatalog } from './assumed-catalog.js';

const maxStatementBytes = 100_000;

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
    const principal = await this.directory.find(request.principal);
    if (!principal) throw notFound('enabled principal', request.principal);
    const { revision, configuration } = await this.dataSource.transaction('REPEATABLE READ', async (manager) => ({
      revision: await currentRevision(manager),
      configuration: await loadConfiguration(manager),
    }));
    const resource = configuration.get('Resource', request.resource);
    if (!resource) throw notFound('Resource', request.resource);
    const { sourceIp, sql } = request;
    const session = this.judgeOf(revision, configuration).forSession({
      principal,
      resource: resource.name,
      sourceIp,
      protocol: 'postgres',
    });
    if (sql === undefined) {
      const effects = (request.effects ?? []).map((effect, index) => readAsked(effect, resource.name, index));
      return toResult(session.explain(actionFromEffects({ protocol: 'postgres', effects })), 'effects');
    }
    const inspected = await inspectAssumed(sql, resource);
    if (!inspected.ok) return refusal(inspected, revision);
    return toResult(session.explain(inspected.action), 'assumed-catalog');
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

/** What a statement does if its tables are ordinary ones: this process does not know the target's catalog. */
async function inspectAssumed(sql: string, resource: StoredObject<'Resource'>): Promise<Inspection> {
  await loadParser();
  const inspector = new PostgresInspector(resource.name, { maxTextBytes: maxStatementBytes, cacheEntries: 1 });
  const catalog = assumeCatalog(sql, resource.spec.classification);
  const inspection = inspector.inspect(sql, catalog, {
    searchPath: ['pg_catalog', 'public'],
    tempRelations: new Set(),
    prepared: new Map(),
    cursors: new Map(),
  });
  if (inspection.ok || inspection.missing === undefined) return inspection;
  throw new ProblemError(
    422,
    'catalog-unavailable',
    `${inspection.message}: only a gateway knows it; give the effects.`,
  );
}

/** What is not understood is denied, here as on a gateway. */
function refusal({ code, message }: Extract<Inspection, { ok: false }>, policyRevision: number): DecisionResult {
  const because = [{ code, text: message }];
  return { effect: 'deny', basis: 'assumed-catalog', policyRevision, because, masks: [], approval: null, effects: [] };
}

function toResult(
  { decision, effects }: ReturnType<ReturnType<Judge['forSession']>['explain']>,
  basis: DecisionResult['basis'],
): DecisionResult {
  const obligations = decision.effect === 'deny' ? [] : decision.obligations;
  return {
    effect: decision.effect,
    basis,
    policyRevision: decision.policyRevision,
    because: decision.because.map((reason) => ({ ...reason })),
    masks: obligations.map(({ column, method }) => ({ column: objectId(column), method })),
    approval: decision.effect === 'hold' ? { ...decision.approval } : null,
    effects: effects.map((effect) => ({ ...effect })),
  };
}
