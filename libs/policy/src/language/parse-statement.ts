import type { DetailedError, EntityUidJson, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { policyToJson } from '@cedar-policy/cedar-wasm/nodejs';
import { readAnnotations } from './annotations.js';
import { readConditions } from './conditions.js';
import { apiAction, apiCollection } from './api-schema.js';
import type { Plane } from './schema.js';
import type { ActionScope, EntityName, EntityScope } from './scope.js';
import { uid } from './scope.js';
import type { ParsedStatement } from './statement.js';
import { offsetOfByte } from './text-position.js';

/** `offset` is in UTF-16 units from the statement's start. */
export interface StatementIssue {
  readonly offset: number;
  readonly message: string;
}
export type ParseResult =
  { readonly ok: true; readonly statement: ParsedStatement } | { readonly ok: false; readonly issue: StatementIssue };

/** Reads one statement. It is not validated against the schema yet. */
export function parseStatement(text: string): ParseResult {
  const no = (message: string, offset = 0): ParseResult => ({ ok: false, issue: { offset, message } });
  const answer = policyToJson(text);
  if (answer.type === 'failure') return { ok: false, issue: issueOf(text, answer.errors[0]) };
  const { json } = answer;
  const notes = readAnnotations((json.annotations ?? {}) as Record<string, string | null>);
  if (!notes.ok) return no(notes.message);
  const reads = readConditions(json.conditions);
  if (reads.foreignHierarchy) return no('the left side of `in` and `is` must be principal, action or resource');
  const plane = planeOf(json);
  if (!plane.ok) return no(plane.message);
  if (plane.plane === 'api' && notes.notes.approval)
    return no('requests to the API cannot be held: @approval does not apply');
  const statement: ParsedStatement = {
    text,
    plane: plane.plane,
    effect: json.effect,
    principal: entityScope(json.principal),
    action: actionScope(json.action),
    resource: entityScope(json.resource),
    reads,
    ...notes.notes,
  };
  return { ok: true, statement };
}

type PlaneResult = { readonly ok: true; readonly plane: Plane } | { readonly ok: false; readonly message: string };

/** A statement about the API says so by its action: one that merely fits everything was not written to open the API. */
function planeOf({ action, resource }: PolicyJson): PlaneResult {
  const types = action.op === 'All' || 'slot' in action ? [] : actionEntities(action).map(({ type }) => type);
  const named = types.filter((type) => type === apiAction).length;
  if (named > 0 && named < types.length) {
    return { ok: false, message: 'speaks of the API and of resources at once; write two statements' };
  }
  if (named > 0) return { ok: true, plane: 'api' };
  if (types.length === 0 && typeOfScope(entityScope(resource)) === apiCollection) {
    return {
      ok: false,
      message: `a statement about the API names its actions, as in \`action == ${apiAction}::"read"\``,
    };
  }
  return { ok: true, plane: 'data' };
}

function typeOfScope(scope: EntityScope): string | undefined {
  if (scope.op === 'any') return undefined;
  return scope.op === 'is' ? scope.type : scope.entity.type;
}

/** Cedar's error, told without the internal id and at its place. */
export function issueOf(text: string, error: DetailedError | undefined): StatementIssue {
  const message = (error?.message ?? 'cannot be parsed')
    .replace(/^for policy `[^`]*`[,:] /, '')
    .replace(/^failed to parse policy (with id `[^`]*` )?from string: /, '');
  const byte = error?.sourceLocations?.[0]?.start ?? 0;
  const help = error?.help?.replace(/^for policy `[^`]*`, /, '');
  return { offset: offsetOfByte(text, byte), message: help ? `${message} (${help})` : message };
}

function nameOf(entity: EntityUidJson): EntityName {
  return '__entity' in entity ? entity.__entity : entity;
}

function named(entity: EntityUidJson): { entity: EntityName; uid: string } {
  const name = nameOf(entity);
  return { entity: name, uid: uid(name) };
}

function entityScope(constraint: PolicyJson['principal'] | PolicyJson['resource']): EntityScope {
  switch (constraint.op) {
    case 'All':
      return { op: 'any' };
    case '==':
    case 'in':
      if ('slot' in constraint) throw new Error('a template is not a policy');
      return { op: constraint.op === '==' ? 'equal' : 'in', ...named(constraint.entity) };
    case 'is': {
      if (!constraint.in) return { op: 'is', type: constraint.entity_type };
      if ('slot' in constraint.in) throw new Error('a template is not a policy');
      return { op: 'is', type: constraint.entity_type, within: named(constraint.in.entity) };
    }
  }
}

function actionScope(constraint: PolicyJson['action']): ActionScope {
  if (constraint.op === 'All') return undefined;
  if ('slot' in constraint) throw new Error('a template is not a policy');
  return new Set(actionEntities(constraint).map(({ id }) => id));
}

function actionEntities(constraint: Exclude<PolicyJson['action'], { op: 'All' } | { slot: string }>): EntityName[] {
  const entities = 'entities' in constraint ? constraint.entities : [constraint.entity];
  return entities.map(nameOf);
}
