import type { Action, ColumnRef, Effect, ObjectRef, Principal, Verb } from '@sallyport/domain';
import { objectId } from '@sallyport/domain';
import type { EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';
import { isAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { wordOf } from '../language/vocabulary.js';
import type { JudgedResource } from './entities.js';

/** A statement of the oracle: what it is known by, and whether it asks for approval. */
export interface OracleStatement {
  readonly label: string;
  readonly text: string;
  readonly forbids: boolean;
  readonly quorum?: number;
}
export interface OracleWorld {
  readonly statements: readonly OracleStatement[];
  readonly principal: Principal;
  readonly resource: JudgedResource;
  readonly now: Date;
  readonly sourceIp: string;
}
export interface OracleDecision {
  readonly effect: 'permit' | 'hold' | 'deny';
  readonly code: string;
  readonly policies: readonly string[];
  readonly masked: readonly string[];
}

/**
 * The same meaning with nothing clever: every policy of the set is evaluated on every object and every single column,
 * over the real hierarchy, and the order of verdicts is written out once more.
 */
export function judgeWhole(world: OracleWorld, action: Action): OracleDecision {
  const findings = action.effects.flatMap((effect) => effectFindings(world, action, effect));
  const decided = strictestOf(findings);
  if (decided.effect === 'deny') return { ...decided, masked: [] };
  const masked: string[] = [];
  for (const { column } of world.resource.classification) {
    if (!reads(action, column)) continue;
    const reveal = strictestOf(effectFindings(world, action, { verb: 'reveal', object: column }));
    if (reveal.code === 'evaluation-error') return { ...reveal, masked: [] };
    if (reveal.effect !== 'permit') masked.push(objectId(column));
  }
  return { ...decided, masked: [...new Set(masked)].sort() };
}

interface Finding {
  readonly effect: 'permit' | 'hold' | 'deny';
  readonly code: string;
  readonly policies: readonly string[];
}

function reads(action: Action, column: ColumnRef): boolean {
  const id = objectId(column);
  return action.effects.some(({ verb, object, columns }) => {
    if (verb !== 'select') return false;
    if (object.kind === 'Column') return objectId(object) === id;
    return (
      object.kind === 'Table' && columns?.some((name) => objectId({ ...object, kind: 'Column', column: name }) === id)
    );
  });
}

function effectFindings(world: OracleWorld, action: Action, { verb, object, columns }: Effect): Finding[] {
  const on = (ref: ObjectRef) => applies(world, action, verb, ref);
  if (object.kind === 'Column') {
    return [verdict([...on({ ...object, kind: 'Table' }), ...on(object)])];
  }
  const whole = on(object);
  if (object.kind !== 'Table' || !columns?.length) return [verdict(whole)];
  return columns.map((column) => verdict([...whole, ...on({ ...object, kind: 'Column', column })]));
}

type Applied = OracleStatement | 'error';

function verdict(applied: readonly Applied[]): Finding {
  const real = applied.filter((statement) => statement !== 'error');
  const names = (statements: readonly OracleStatement[]) => [...new Set(statements.map(({ label }) => label))].sort();
  if (real.length < applied.length) return { effect: 'deny', code: 'evaluation-error', policies: [] };
  const plainForbids = real.filter(({ forbids, quorum }) => forbids && !quorum);
  const approvalForbids = real.filter(({ forbids, quorum }) => forbids && quorum);
  const plainPermits = real.filter(({ forbids, quorum }) => !forbids && !quorum);
  const approvalPermits = real.filter(({ forbids, quorum }) => !forbids && quorum);
  if (plainForbids.length > 0) return { effect: 'deny', code: 'forbidden', policies: names(plainForbids) };
  if (plainPermits.length + approvalPermits.length === 0) return { effect: 'deny', code: 'no-permit', policies: [] };
  if (plainPermits.length > 0 && approvalForbids.length === 0) {
    return { effect: 'permit', code: 'permitted', policies: names(plainPermits) };
  }
  const highest = Math.max(...approvalPermits.map(({ quorum }) => quorum!));
  const speaking = approvalPermits
    .filter(({ quorum }) => quorum === highest)
    .sort((a, b) => (a.label < b.label ? -1 : 1));
  const asked = plainPermits.length > 0 ? approvalForbids : [...approvalForbids, speaking[0]!];
  return { effect: 'hold', code: 'needs-approval', policies: names(asked) };
}

function strictestOf(findings: readonly Finding[]): Finding {
  const order = ['deny', 'hold', 'permit'] as const;
  const effect = order.find((name) => findings.some((finding) => finding.effect === name))!;
  const worst = findings.filter((finding) => finding.effect === effect);
  const failed = worst.find(({ code }) => code === 'evaluation-error');
  return {
    effect,
    code: failed?.code ?? worst[0]!.code,
    policies: [...new Set(worst.flatMap(({ policies }) => policies))].sort(),
  };
}

/** Every statement whose scope and conditions hold; each asked alone, so that nothing hides behind anything. */
function applies(world: OracleWorld, action: Action, verb: Verb, object: ObjectRef): Applied[] {
  const { principal, now, sourceIp } = world;
  return world.statements.flatMap((statement): Applied[] => {
    const answer = isAuthorized({
      principal: { type: principal.type, id: principal.id },
      action: { type: 'Action', id: verb },
      resource: { type: object.kind, id: objectId(object) },
      context: {
        time: { __extn: { fn: 'datetime', arg: now.toISOString() } },
        hour: now.getUTCHours(),
        weekday: now.getUTCDay() || 7,
        sourceIp: { __extn: { fn: 'ip', arg: sourceIp } },
        protocol: 'postgres',
        statement: action.context.statement as never,
      },
      policies: { staticPolicies: { one: statement.text } },
      entities: hierarchy(world, verb, object),
    });
    if (answer.type === 'failure') throw new Error(answer.errors[0]!.message);
    if (answer.response.diagnostics.errors.length > 0) return ['error'];
    return answer.response.diagnostics.reason.length > 0 ? [statement] : [];
  });
}

function hierarchy({ principal, resource }: OracleWorld, verb: Verb, object: ObjectRef): EntityJson[] {
  const entity = (type: string, id: string, parents: TypeAndId[]): EntityJson => ({
    uid: { type, id },
    attrs: {},
    parents,
  });
  const entities = [
    entity(
      principal.type,
      principal.id,
      principal.groups.map((id) => ({ type: 'Group', id })),
    ),
    entity(
      'Action',
      verb,
      wordOf('sql', verb)!.groups.map((id) => ({ type: 'Action', id })),
    ),
    entity(
      'Resource',
      resource.name,
      Object.entries(resource.labels).map(([key, value]) => ({ type: 'Label', id: `${key}=${value}` })),
    ),
  ];
  let at: ObjectRef = object;
  if (at.kind === 'Column') {
    const id = objectId(at);
    const tags = resource.classification.filter(({ column }) => objectId(column) === id).flatMap(({ tags }) => tags);
    const table: ObjectRef = { ...at, kind: 'Table' };
    entities.push(
      entity('Column', id, [
        { type: 'Table', id: objectId(table) },
        ...[...new Set(tags)].map((tag) => ({ type: 'Tag', id: tag })),
      ]),
    );
    at = table;
  }
  if (at.kind === 'Namespace' || at.kind === 'Field') throw new Error('the oracle knows databases only');
  if (at.kind !== 'Resource') {
    const schema: ObjectRef = { kind: 'Schema', resource: at.resource, schema: at.schema };
    if (at.kind !== 'Schema') entities.push(entity(at.kind, objectId(at), [{ type: 'Schema', id: objectId(schema) }]));
    entities.push(entity('Schema', objectId(schema), [{ type: 'Resource', id: at.resource }]));
  }
  return entities;
}
