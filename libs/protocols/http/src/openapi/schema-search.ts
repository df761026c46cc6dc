import { pathStep } from '../request/body-facts.js';
import { isNode, lookUp, type Node } from './openapi-document.js';

/** A field of a named schema, e.g. `Customer.email`. */
export interface Coordinate {
  readonly type: string;
  readonly field: string;
}

export interface SchemaFindings {
  /** Where each coordinate that was looked for stands, by its index. */
  readonly places: ReadonlyMap<number, ReadonlySet<string>>;
  /** True where part of the document may hold anything, or goes on for ever: any coordinate may stand anywhere. */
  readonly open: boolean;
}

interface Heir {
  readonly name: string;
  readonly own: Node;
}

const maxDepth = 32;
const maxVisits = 20_000;
const schemas = '#/components/schemas/';
/** Keywords under which schemas describe the same value once more. */
const alike = ['allOf', 'oneOf', 'anyOf', 'if', 'then', 'else'];
const scalars = new Set(['string', 'number', 'integer', 'boolean', 'null']);

/** Finds classified fields in what a schema describes. Pure; bounded in depth and in steps. */
export class SchemaSearch {
  private readonly places = new Map<number, Set<string>>();
  private readonly stack = new Set<Node>();
  private open = false;
  private visits = 0;

  constructor(
    private readonly root: Node,
    private readonly coordinates: readonly Coordinate[],
  ) {}

  visit(schema: unknown, path: string): void {
    this.walk(schema, path, []);
  }

  markOpen(): void {
    this.open = true;
  }

  result(): SchemaFindings {
    return { places: this.places, open: this.open };
  }

  /** `names`: the named schemas that describe the very value at `path`. A schema that is `true` allows anything. */
  private walk(schema: unknown, path: string, names: readonly string[]): void {
    this.visits += 1;
    if (schema === false) return;
    if (!isNode(schema) || this.visits > maxVisits || this.stack.size > maxDepth || this.stack.has(schema)) {
      this.open = true;
      return;
    }
    this.stack.add(schema);
    let described = this.reference(schema, path, names);
    for (const keyword of alike) described = this.each(schema[keyword], path, names) || described;
    described = this.members(schema, path, names) || described;
    described = this.items(schema, path) || described;
    if (!described && !isScalar(schema)) this.open = true;
    this.stack.delete(schema);
  }

  private reference(schema: Node, path: string, names: readonly string[]): boolean {
    if (typeof schema.$ref !== 'string') return false;
    const target = lookUp(this.root, schema.$ref);
    const name = schema.$ref.startsWith(schemas) ? schema.$ref.slice(schemas.length) : undefined;
    if (name === undefined) {
      this.walk(target, path, names);
      return true;
    }
    const heirs = isNode(target) && isNode(target.discriminator) ? this.heirs(name) : [];
    const known = [...names, name, ...heirs.map((heir) => heir.name)];
    this.walk(target, path, known);
    for (const heir of heirs) this.walk(heir.own, path, known);
    return true;
  }

  /** With a discriminator, whatever builds on a schema may stand in its place; each with what it adds. */
  private heirs(base: string, seen: readonly string[] = []): Heir[] {
    const all = lookUp(this.root, schemas.slice(0, -1));
    return Object.entries(isNode(all) ? all : {}).flatMap(([name, schema]): Heir[] => {
      const parts: readonly unknown[] = isNode(schema) && Array.isArray(schema.allOf) ? schema.allOf : [];
      const allOf = parts.filter((part) => !isNode(part) || part.$ref !== schemas + base);
      if (!isNode(schema) || allOf.length === parts.length || name === base || seen.includes(name)) return [];
      // One that adds nothing is as good as a scalar.
      const own = { ...schema, allOf, type: schema.type ?? 'null' };
      return [{ name, own }, ...this.heirs(name, [...seen, base])];
    });
  }

  private each(list: unknown, path: string, names: readonly string[]): boolean {
    if (list === undefined) return false;
    for (const schema of Array.isArray(list) ? list : [list]) this.walk(schema, path, names);
    return true;
  }

  private members(schema: Node, path: string, names: readonly string[]): boolean {
    const { properties, patternProperties, additionalProperties } = schema;
    for (const [name, member] of Object.entries(isNode(properties) ? properties : {})) {
      const place = path + pathStep(name);
      this.note(names, name, place);
      this.walk(member, place, []);
    }
    for (const member of Object.values(isNode(patternProperties) ? patternProperties : {})) {
      this.walk(member, `${path}.*`, []);
    }
    if (additionalProperties !== undefined) this.walk(additionalProperties, `${path}.*`, []);
    return [properties, patternProperties, additionalProperties].some((keyword) => keyword !== undefined);
  }

  private items(schema: Node, path: string): boolean {
    const lists = [schema.items, schema.prefixItems].filter((keyword) => keyword !== undefined);
    for (const list of lists) this.each(list, `${path}[*]`, []);
    return lists.length > 0;
  }

  private note(names: readonly string[], field: string, place: string): void {
    for (const [index, coordinate] of this.coordinates.entries()) {
      if (coordinate.field !== field || !names.includes(coordinate.type)) continue;
      const places = this.places.get(index) ?? new Set();
      this.places.set(index, places.add(place));
    }
  }
}

/** True where a value has no parts. A schema that says nothing at all allows everything. */
function isScalar(schema: Node): boolean {
  if (schema.enum !== undefined || schema.const !== undefined) return true;
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  return types.every((type) => scalars.has(type as string));
}
