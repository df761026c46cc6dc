import { apiCollections } from '@sallyport/domain';

/** What the control plane's API can be asked to do to a collection. `decide` is to approve or deny. */
export const apiVerbs = ['read', 'create', 'update', 'delete', 'decide'] as const;
export type ApiVerb = (typeof apiVerbs)[number];

/** Cedar's names of what statements about the API speak about. */
export const apiAction = 'Api::Action';
export const apiCollection = 'Api::Collection';

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');
const appliesTo = (object: string): string => `appliesTo {
    principal: [User, ServiceAccount, Agent],
    resource: [Collection],
    context: { time: datetime, sourceIp: ipaddr, credential: String, ${object} }
  }`;

/**
 * The API's part of the schema. Collections are enumerated, so that a misspelt one is an error and not a rule that never
 * applies. A change always says its object, whole: strict validation then needs no `has`. A read may be of a list.
 */
export const apiNamespace = `namespace Api {
  entity Collection enum [${quoted(apiCollections)}];
  type Facts = { name: String, kind: String, groups: Set<String>, owner: String, lifetimeSeconds: Long };
  action "read" ${appliesTo('object?: Facts')};
  action ${quoted(apiVerbs.filter((verb) => verb !== 'read'))} ${appliesTo('object: Facts')};
}
`;
