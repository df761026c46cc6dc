import type { ObjectRef, SqlVerb } from '@sallyport/domain';
import { apiNamespace } from './api-schema.js';

export type ObjectKind = ObjectRef['kind'];

/** The objects each SQL action may name. The schema below and the judge both read this table. */
export const verbObjects: Readonly<Record<SqlVerb, readonly ObjectKind[]>> = {
  connect: ['Resource'],
  select: ['Table', 'Column'],
  insert: ['Table', 'Column'],
  update: ['Table', 'Column'],
  delete: ['Table'],
  truncate: ['Table'],
  alter: ['Resource', 'Schema', 'Table', 'Column', 'Function'],
  call: ['Resource', 'Schema', 'Function', 'Table'],
  copy: ['Resource', 'Table'],
  reveal: ['Table', 'Column'],
};

/** Names for several actions at once. `reveal` is in `sql` alone: reading is not reading unmasked. */
export const verbGroups: Readonly<Record<SqlVerb, readonly string[]>> = {
  connect: ['sql'],
  select: ['read', 'sql'],
  insert: ['write', 'sql'],
  update: ['write', 'sql'],
  delete: ['write', 'sql'],
  truncate: ['write', 'sql'],
  alter: ['sql'],
  call: ['sql'],
  copy: ['sql'],
  reveal: ['sql'],
};

/** Facts of the session and the clock. `hour` is 0-23 and `weekday` 1 (Monday) to 7, both in UTC. */
const sessionFacts = `time: datetime, hour: Long, weekday: Long, sourceIp: ipaddr, protocol: String, task?: String`;

function actionText(verb: SqlVerb): string {
  const context = verb === 'connect' ? `{ ${sessionFacts} }` : `{ ${sessionFacts}, statement: Statement }`;
  const groups = verbGroups[verb].map((group) => `"${group}"`).join(', ');
  return `action ${verb} in [${groups}] appliesTo {
  principal: [User, ServiceAccount, Agent],
  resource: [${verbObjects[verb].join(', ')}],
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

const dataPlane = `entity Label;
entity Tag;
entity Resource in [Label];
entity Schema in [Resource];
entity Table in [Schema];
entity Column in [Table, Tag];
entity Function in [Schema];

type Statement = {
  kind: String,
  hasWhere: Bool,
  tables: Set<String>,
  functions: Set<String>,
  readOnly: Bool,
  parametersKnown: Bool
};

action sql;
action read in ["sql"];
action write in ["sql"];
${(Object.keys(verbObjects) as SqlVerb[]).map(actionText).join('\n')}
`;

/**
 * The strict schemas of the language, in Cedar's own syntax: what each statement is validated against, by the plane that it
 * speaks about. Cedar would not take them as one, since `delete` is an action of both; and apart, a statement without an
 * action may read facts that every request through a gateway has and no request to the API.
 */
export const policySchemas = { data: `${principals}\n${dataPlane}`, api: `${callers}\n${apiNamespace}` } as const;
/** What a statement speaks about: requests through gateways, or requests to the control plane's own API. */
export type Plane = keyof typeof policySchemas;
