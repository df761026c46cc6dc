import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  getNullableType,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { malformed } from '../request/request-fault.js';
import { mention, mentionName, type Mentions } from './used-names.js';

/** One field that an operation selects, fragments spread and aliases noted. */
export interface SelectedField {
  readonly name: string;
  /** Its name in the answer. */
  readonly alias: string;
  /** What policy calls it: `Type.field` for every type it may be of; `parent.field` where no schema is known. */
  readonly coordinates: readonly string[];
  /** JSON path in the answer; undefined without a schema, which alone tells where lists are. */
  readonly place: string | undefined;
}

export interface Selection {
  readonly fields: readonly SelectedField[];
  /** What arguments of reading fields say. What a mutation itself is given is written, not compared. */
  readonly mentions: Mentions;
  /** Names of every argument and input field with a value in the operation's own text. */
  readonly given: ReadonlySet<string>;
  /** Directives whose effect on the answer is not known. */
  readonly foreignDirectives: boolean;
}

const maxDepth = 32;
const maxFields = 5000;
const plainDirectives = new Set(['skip', 'include']);

interface Place {
  readonly type: GraphQLNamedType | undefined;
  /** Names of what holds the fields, where no schema says: the field above and the fragment's type condition. */
  readonly holders: readonly string[];
  readonly path: string | undefined;
  readonly depth: number;
  readonly writes: boolean;
}

/**
 * Spreads an operation out. Bounded: fragments multiply.
 *
 * @throws RequestFault where it is too deep or too large, or a fragment is missing
 */
export function selectionOf(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  schema: GraphQLSchema | undefined,
): Selection {
  const walker = new SelectionWalker(document, schema);
  const type = schema?.getRootType(operation.operation) ?? undefined;
  const root = `${operation.operation[0]!.toUpperCase()}${operation.operation.slice(1)}`;
  walker.directives(operation.directives);
  const path = schema ? '$.data' : undefined;
  walker.walk(operation.selectionSet, {
    type,
    holders: [root],
    path,
    depth: 1,
    writes: operation.operation === 'mutation',
  });
  return {
    fields: walker.fields,
    mentions: walker.mentions,
    given: walker.given.names,
    foreignDirectives: walker.foreignDirectives,
  };
}

class SelectionWalker {
  readonly fields: SelectedField[] = [];
  readonly mentions: Mentions = { names: new Set(), variables: new Set(), apart: true };
  readonly given: Mentions = { names: new Set(), variables: new Set(), apart: false };
  foreignDirectives = false;
  private steps = 0;
  private readonly fragments = new Map<string, FragmentDefinitionNode>();

  constructor(
    document: DocumentNode,
    private readonly schema: GraphQLSchema | undefined,
  ) {
    for (const definition of document.definitions) {
      if (definition.kind === 'FragmentDefinition') this.fragments.set(definition.name.value, definition);
    }
  }

  walk(set: SelectionSetNode, at: Place): void {
    if (at.depth > maxDepth) throw malformed('the GraphQL operation is nested too deeply');
    for (const selection of set.selections) {
      this.steps += 1;
      if (this.steps > maxFields) throw malformed('the GraphQL operation selects too much');
      this.directives(selection.directives);
      if (selection.kind === 'Field') this.field(selection, at);
      else if (selection.kind === 'InlineFragment') {
        this.spread(selection.selectionSet, selection.typeCondition?.name.value, at);
      } else {
        const fragment = this.fragments.get(selection.name.value);
        if (!fragment) throw malformed('the GraphQL operation spreads an unknown fragment');
        this.directives(fragment.directives);
        this.spread(fragment.selectionSet, fragment.typeCondition.name.value, at);
      }
    }
  }

  directives(directives: FieldNode['directives']): void {
    for (const directive of directives ?? []) {
      if (!plainDirectives.has(directive.name.value)) this.foreignDirectives = true;
    }
  }

  private spread(set: SelectionSetNode, condition: string | undefined, at: Place): void {
    const type = condition === undefined ? at.type : this.schema?.getType(condition);
    const holders = condition === undefined ? at.holders : [...at.holders, condition];
    this.walk(set, { ...at, type, holders, depth: at.depth + 1 });
  }

  private field(node: FieldNode, at: Place): void {
    const name = node.name.value;
    const alias = node.alias?.value ?? name;
    const place = at.path === undefined ? undefined : `${at.path}.${alias}`;
    for (const mentions of at.writes ? [this.given] : [this.given, this.mentions]) {
      for (const argument of node.arguments ?? []) {
        mentionName(mentions, argument.name.value);
        mention(mentions, argument.value);
      }
    }
    const holders = this.schema ? typeNames(this.schema, at.type) : at.holders;
    this.fields.push({ name, alias, coordinates: holders.map((holder) => `${holder}.${name}`), place });
    if (!node.selectionSet) return;
    const output = fieldType(at.type, name);
    // What introspection answers is about the schema alone, whose own types are not looked up.
    const type = output && getNamedType(output);
    this.walk(node.selectionSet, {
      type: isCompositeType(type) ? type : undefined,
      holders: [name],
      path: place === undefined ? undefined : place + '[*]'.repeat(output ? listLevels(output) : 0),
      depth: at.depth + 1,
      writes: false,
    });
  }
}

function fieldType(parent: GraphQLNamedType | undefined, name: string): GraphQLOutputType | undefined {
  return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name]?.type : undefined;
}

function listLevels(type: GraphQLOutputType): number {
  const plain = getNullableType(type);
  return isListType(plain) ? 1 + listLevels(plain.ofType as GraphQLOutputType) : 0;
}

/** Every type that a value here may be of, and every interface through which its fields have names. */
function typeNames(schema: GraphQLSchema, type: GraphQLNamedType | undefined): string[] {
  if (!type) return [];
  const concrete = isAbstractType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : [];
  const interfaces = concrete.flatMap((possible) => possible.getInterfaces());
  return [...new Set([type.name, ...concrete.map(({ name }) => name), ...interfaces.map(({ name }) => name)])];
}
