import type { Principal } from '@sallyport/domain';
import { preparsePolicySet, statefulIsAuthorized, validate } from '@cedar-policy/cedar-wasm/nodejs';
import { principalEntity } from '../judging/entities.js';

/** What the control plane's API can be asked to do to a collection. `decide` is to approve or deny. */
export const apiVerbs = ['read', 'create', 'update', 'delete', 'decide'] as const;
export type ApiVerb = (typeof apiVerbs)[number];

const apiSchema = `entity Group in [Group];
entity Role;
entity User, ServiceAccount, Agent in [Group, Role];
namespace Api {
  entity Collection;
  action ${apiVerbs.map((verb) => `"${verb}"`).join(', ')} appliesTo {
    principal: [User, ServiceAccount, Agent],
    resource: [Collection]
  };
}
`;

/** Everything else is denied here; what people may do with their own things the API's modules decide. */
const apiPolicies = {
  admins: 'permit (principal in Group::"admins", action, resource is Api::Collection);',
  auditors: 'permit (principal in Group::"auditors", action == Api::Action::"read", resource is Api::Collection);',
};
const prepared = 'api';
let ready = false;

/** May this principal, by its groups, do this to everything in a collection such as `resources`? Fails closed. */
export function judgeApi(principal: Principal, verb: ApiVerb, collection: string): boolean {
  if (!apiVerbs.includes(verb)) return false;
  try {
    prepare();
    const who = principalEntity(principal, principal.groups);
    const answer = statefulIsAuthorized({
      principal: who.json.uid,
      action: { type: 'Api::Action', id: verb },
      resource: { type: 'Api::Collection', id: collection },
      context: {},
      preparsedPolicySetId: prepared,
      entities: [who.json],
    });
    if (answer.type === 'failure' || answer.response.diagnostics.errors.length > 0) return false;
    return answer.response.decision === 'allow';
  } catch {
    return false;
  }
}

function prepare(): void {
  if (ready) return;
  const answer = validate({ schema: apiSchema, policies: { staticPolicies: apiPolicies } });
  const sound = answer.type === 'success' && answer.validationErrors.length + answer.validationWarnings.length === 0;
  if (!sound || preparsePolicySet(prepared, { staticPolicies: apiPolicies }).type === 'failure') {
    throw new Error("the API's own policies are invalid");
  }
  ready = true;
}
