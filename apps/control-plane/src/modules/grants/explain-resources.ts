import type { ExplainedResource } from '@sallyport/api-contract';
import type { Principal, SqlVerb } from '@sallyport/domain';
import { sqlVerbs } from '@sallyport/domain';
import { actionFromEffects, readEffect } from '@sallyport/policy';
import type { Moment } from '../decisions/current-judge.js';
import { grantedTo, withRolesOn } from './held-roles.js';

/** Enough for a person to read; who has more asks about one with `/v1/decisions`. */
const maxResources = 100;
/** A table that no policy can mean by name: what holds for it holds for whatever policies do not single out. */
const anyTable = 'any."any table"';
const protocol = 'postgres';
const onResource: readonly SqlVerb[] = ['connect', 'call', 'copy'];

/**
 * What policy would say on each resource. Those that the caller may not even connect to are left out, unless a grant names
 * them: their names are for others.
 */
export function explainResources(
  principal: Principal,
  sourceIp: string,
  moment: Moment,
): { readonly resources: ExplainedResource[]; readonly truncated: boolean } {
  const granted = new Set(grantedTo(principal, moment).flatMap(({ resources }) => resources));
  const resources: ExplainedResource[] = [];
  for (const { name } of moment.configuration.list('Resource')) {
    const known = withRolesOn(name, principal, moment);
    const session = moment.judge.forSession({ principal: known, resource: name, sourceIp, protocol });
    const explain = (verb: SqlVerb) => explainAction(session, verb, name);
    const connect = explain('connect');
    if (connect.verdict === 'deny' && !granted.has(name)) continue;
    if (resources.length === maxResources) return { resources, truncated: true };
    const others = connect.verdict === 'deny' ? [] : sqlVerbs.filter((verb) => verb !== 'connect').map(explain);
    resources.push({ resource: name, roles: [...known.roles], actions: [connect, ...others] });
  }
  return { resources, truncated: false };
}

function explainAction(
  session: ReturnType<Moment['judge']['forSession']>,
  verb: SqlVerb,
  resource: string,
): ExplainedResource['actions'][number] {
  const object = onResource.includes(verb) ? resource : `${resource}/${anyTable}`;
  const action = actionFromEffects({ protocol, effects: [readEffect({ action: verb, object })] });
  const { decision, effects } = session.explain(action);
  const because = effects.flatMap(({ findings }) =>
    findings.map(({ code, policies }) => ({ code, policies: [...policies] })),
  );
  const text = decision.because.map(({ code }) => ({ code, policies: [] }));
  return { action: verb, verdict: decision.effect, because: because.length > 0 ? because : text };
}
