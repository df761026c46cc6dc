import { Injectable } from '@nestjs/common';
import type { DecisionRequest, DecisionResult } from '@sallyport/api-contract';
import type { ContextRecord, Effect } from '@sallyport/domain';
import { maskedObject, objectId } from '@sallyport/domain';
import type { Explanation } from '@sallyport/policy';
import { actionFromEffects, readEffect } from '@sallyport/policy';
import type { Inspection } from '@sallyport/sql';
import { loadParser, PostgresInspector } from '@sallyport/sql';
import { ProblemError } from '../../platform/http/problem-error.js';
import type { StoredObject } from '../configuration/configuration.js';
import { notFound } from '../configuration/plan.js';
import { withRolesOn } from '../grants/held-roles.js';
import { PrincipalDirectory } from '../identity/principal-directory.js';
import { assumeCatalog, type SqlResource } from './assumed-catalog.js';
import { CurrentJudge } from './current-judge.js';

const maxStatementBytes = 100_000;

type Asked = NonNullable<DecisionRequest['effects']>[number];

/** Answers what a gateway would decide under the current revision, with the judge that gateways use. */
@Injectable()
export class DecisionsService {
  constructor(
    private readonly current: CurrentJudge,
    private readonly directory: PrincipalDirectory,
  ) {}

  async decide(request: DecisionRequest): Promise<DecisionResult> {
    const principal = await this.directory.find(request.principal);
    if (!principal) throw notFound('enabled principal', request.principal);
    const { configuration, grants, judge } = await this.current.now();
    const resource = configuration.get('Resource', request.resource);
    if (!resource) throw notFound('Resource', request.resource);
    const { sourceIp, sql } = request;
    const { protocol } = resource.spec;
    const session = judge.forSession({
      principal: withRolesOn(resource.name, principal, { configuration, grants }),
      resource: resource.name,
      sourceIp,
      protocol,
    });
    if (sql === undefined) {
      // Facts of the wrong type make the decision fail, which denies.
      const facts = (request.facts ?? {}) as ContextRecord;
      const effects = (request.effects ?? []).map((effect, index) => readAsked(effect, resource, index));
      return toResult(session.explain(actionFromEffects({ protocol, effects, facts })), 'effects');
    }
    if (resource.spec.protocol !== 'postgres')
      throw new ProblemError(422, 'invalid-request', `Resource ${resource.name} takes no SQL: give the effects.`);
    const inspected = await inspectAssumed(sql, resource.name, resource.spec);
    if (!inspected.ok) return refusal(inspected, judge.revision);
    return toResult(session.explain(inspected.action), 'assumed-catalog');
  }
}

/** Objects may be written with or without the resource in front. */
function readAsked(
  { action, object, columns }: Asked,
  { name: resource, spec }: StoredObject<'Resource'>,
  index: number,
): Effect {
  const isFull = object === undefined || object === resource || object.startsWith(`${resource}/`);
  const id = object === undefined ? resource : isFull ? object : `${resource}/${object}`;
  try {
    return readEffect(spec.protocol, { action, object: id, ...(columns && { columns }) });
  } catch (error) {
    throw new ProblemError(422, 'invalid-request', 'An effect is not one of the policy language.', {
      errors: [{ path: `effects.${index}`, reason: (error as Error).message }],
    });
  }
}

/** What a statement does if its tables are ordinary ones: this process does not know the target's catalog. */
async function inspectAssumed(sql: string, resource: string, spec: SqlResource): Promise<Inspection> {
  await loadParser();
  const inspector = new PostgresInspector(resource, { maxTextBytes: maxStatementBytes, cacheEntries: 1 });
  const catalog = assumeCatalog(sql, spec.classification);
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

function toResult({ decision, effects }: Explanation, basis: DecisionResult['basis']): DecisionResult {
  const obligations = decision.effect === 'deny' ? [] : decision.obligations;
  return {
    effect: decision.effect,
    basis,
    policyRevision: decision.policyRevision,
    because: decision.because.map((reason) => ({ ...reason })),
    masks: obligations.map((mask) => ({ column: objectId(maskedObject(mask)), method: mask.method })),
    approval: decision.effect === 'hold' ? { ...decision.approval } : null,
    effects: effects.map((effect) => ({ ...effect })),
  };
}
