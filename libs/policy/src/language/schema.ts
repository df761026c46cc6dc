import type { Verb } from '@sallyport/domain';
import { allVerbs } from '@sallyport/domain';
import { apiNamespace } from './api-schema.js';
import { cedarType, factsOf } from './facts.js';
import type { Language } from './vocabulary.js';
import { languages, verbGroupNames, wordOf } from './vocabulary.js';

/** Facts of the session and the clock. `hour` is 0-23 and `weekday` 1 (Monday) to 7, both in UTC. */
const sessionFacts = `time: datetime, hour: Long, weekday: Long, sourceIp: ipaddr, protocol: String, task?: String`;

/** In another language's schema an action is known by name alone: what is said of it there is not said of these objects. */
function actionText(language: Language, verb: Verb): string {
  const word = wordOf(language, verb);
  if (!word) return `action ${verb};`;
  const { attribute, type } = factsOf[language];
  const context = verb === 'connect' ? `{ ${sessionFacts} }` : `{ ${sessionFacts}, ${attribute}: ${type} }`;
  return `action ${verb} in [${word.groups.map((group) => `"${group}"`).join(', ')}] appliesTo {
  principal: [User, ServiceAccount, Agent],
  resource: [${word.objects.join(', ')}],
  context: ${context}
};`;
}

const groups = 'entity Group in [Group];';
const principals = `${groups}
entity Role;
entity User, ServiceAccount, Agent in [Group, Role];
`;
/** Roles are held on resources: nobody has one at the API, where a forbid that asks for one would never hold. */
const callers = `${groups}
entity User, ServiceAccount, Agent in [Group];
`;

const objects = `entity Label;
entity Tag;
entity Resource in [Label];
entity Schema in [Resource];
entity Table in [Schema];
entity Column in [Table, Tag];
entity Function in [Schema];
entity Namespace in [Resource];
entity Field in [Namespace, Resource, Tag];
`;

function languageSchema(language: Language): string {
  const { type, shape } = factsOf[language];
  const groupActions = verbGroupNames.map((name) => `action ${name};`).join('\n');
  const actions = allVerbs.map((verb) => actionText(language, verb)).join('\n');
  return `${principals}\n${objects}\ntype ${type} = ${cedarType(shape)};\n\n${groupActions}\n${actions}\n`;
}

/**
 * The strict schemas of the policy language, in Cedar's own syntax. Cedar would not take them as one: an action has one
 * set of facts there, and `delete` is said of tables, of clusters and of the API. A statement about requests speaks in
 * every language whose schema it is valid in; one that is valid in none is refused.
 */
export const languageSchemas = Object.fromEntries(
  languages.map((language) => [language, languageSchema(language)]),
) as Readonly<Record<Language, string>>;
export const apiSchema = `${callers}\n${apiNamespace}`;
/** What a statement speaks about: requests through gateways, or requests to the control plane's own API. */
export type Plane = 'data' | 'api';
