import { factsOf } from './facts.js';
import type { EntityName, Uid } from './scope.js';
import { uid } from './scope.js';

/** What the conditions of a statement look at. */
export interface ConditionReads {
  /** Top-level context attributes. */
  readonly context: ReadonlySet<string>;
  /** True when the outcome may depend on which object is asked about, beyond the scope. */
  readonly resource: boolean;
  /** Entities named as literals. */
  readonly entities: ReadonlySet<Uid>;
  /** True when `in` or `is` is asked of something other than principal, action or resource. */
  readonly foreignHierarchy: boolean;
}

/** Every context attribute; what a statement reads that takes the context as a whole. */
export const contextAttributes: readonly string[] = [
  ...['time', 'hour', 'weekday', 'sourceIp', 'protocol', 'task'],
  ...Object.values(factsOf).map(({ attribute }) => attribute),
];

type Json = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null;
const isVar = (value: unknown, name?: string): boolean =>
  isRecord(value) && typeof value.Var === 'string' && (name === undefined || value.Var === name);

/** Reads Cedar's JSON form of conditions. A form it does not know is walked into: it can only find too much. */
export function readConditions(conditions: unknown): ConditionReads {
  const context = new Set<string>();
  const entities = new Set<Uid>();
  let resource = false;
  let foreignHierarchy = false;

  const contextAttribute = (operand: unknown): string | undefined => {
    if (!isRecord(operand) || !isVar(operand.left, 'context')) return undefined;
    const attribute = Array.isArray(operand.attr) ? operand.attr[0] : operand.attr;
    return typeof attribute === 'string' ? attribute : undefined;
  };
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (!isRecord(node)) return;
    if (isVar(node, 'resource')) resource = true;
    if (isVar(node, 'context')) contextAttributes.forEach((name) => context.add(name));
    const literal = entityLiteral(node);
    if (literal) entities.add(uid(literal));
    for (const [form, operand] of Object.entries(node)) {
      const attribute = form === '.' || form === 'has' ? contextAttribute(operand) : undefined;
      if (attribute !== undefined) {
        context.add(attribute);
        continue;
      }
      const asksHierarchy = (form === 'in' || form === 'is') && isRecord(operand) && 'left' in operand;
      if (asksHierarchy && !isVar(operand.left)) foreignHierarchy = true;
      visit(operand);
    }
  };
  visit(conditions);
  return { context, resource, entities, foreignHierarchy };
}

function entityLiteral(node: Json): EntityName | undefined {
  const entity = node.__entity;
  if (!isRecord(entity) || typeof entity.type !== 'string' || typeof entity.id !== 'string') return undefined;
  return { type: entity.type, id: entity.id };
}
