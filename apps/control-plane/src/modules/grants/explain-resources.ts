import type { ExplainedResource } from '@sallyport/api-contract';
import type { Principal, Protocol, Verb } from '@sallyport/domain';
import { actionFromEffects, languageOf, readEffect, verbsIn } from '@sallyport/policy';
import type { Moment } from '../decisions/current-judge.js';
import { grantedTo, withRolesOn } from './held-roles.js';

/** Enough for a person to read; who has more asks about one with `/v1/decisions`. */
const maxResources = 100;
/** Objects that no policy can mean by name: what holds for them holds for whatever policies do not single out. */
const anyTable = 'any."any table"';
const anyNamespace = 'any namespace';
const anyField = 'any field';
const onSqlResource: readonly Verb[] = ['connect', 'call', 'copy'];

/**
 * What policy would say on each resource. Those on which the caller may nothing, or may not even connect, are left out,
 * unless a grant names them: their names are for others.
 */
export function explainResources(
  principal: Principal,
  sourceIp: string,
  moment: Moment,
): { readonly resources: ExplainedResource[]; readonly truncated: boolean } {
  const granted = new Set(grantedTo(principal, moment).flatMap(({ resources }) => resources));
  const resources: ExplainedResource[] = [];
  for (const { name, spec } of moment.configuration.list('Resource')) {
    const language = languageOf(spec.protocol);
    if (!language) continue;
    const { protocol } = spec;
    const known = withRolesOn(name, principal, moment);
    const session = moment.judge.forSession({ principal: known, resource: name, sourceIp, protocol });
    const actions = verbsIn(language).map((verb) => explainAction(session, protocol, { verb, resource: name }));
    const connect = actions.find(({ action }) => action === 'connect');
    const closed = connect ? connect.verdict === 'deny' : actions.every(({ verdict }) => verdict === 'deny');
    if (closed && !granted.has(name)) continue;
    if (resources.length === maxResources) return { resources, truncated: true };
    resources.push({ resource: name, roles: [...known.roles], actions: closed && connect ? [connect] : actions });
  }
  return { resources, truncated: false };
}

function explainAction(
  session: ReturnType<Moment['judge']['forSession']>,
  protocol: Protocol,
  { verb, resource }: { readonly verb: Verb; readonly resource: string },
): ExplainedResource['actions'][number] {
  const object = anyObject(protocol, verb, resource);
  const action = actionFromEffects({ protocol, effects: [readEffect(protocol, { action: verb, object })] });
  const { decision, effects } = session.explain(action);
  const because = effects.flatMap(({ findings }) =>
    findings.map(({ code, policies }) => ({ code, policies: [...policies] })),
  );
  const text = decision.because.map(({ code }) => ({ code, policies: [] }));
  return { action: verb, verdict: decision.effect, because: because.length > 0 ? because : text };
}

function anyObject(protocol: Protocol, verb: Verb, resource: string): string {
  if (languageOf(protocol) === 'sql') return onSqlResource.includes(verb) ? resource : `${resource}/${anyTable}`;
  if (verb === 'reveal') return `${resource}/${anyField}`;
  return protocol === 'kubernetes' ? `${resource}/${anyNamespace}` : resource;
}
