import {
  buildSchema,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  parse,
  print,
  separateOperations,
  validate,
} from 'graphql';
import { malformed, RequestFault } from '../request/request-fault.js';
import { type Selection, selectionOf } from './selection.js';
import { mention, type Mentions } from './used-names.js';

/** What one GraphQL request would do, whatever its variables are. */
export interface GraphqlOperation {
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** The name it has; empty for one without. */
  readonly name: string;
  /** The operation that runs, alone, with the fragments it spreads, in the one form that is forwarded. */
  readonly text: string;
  /** For policy: every field selected, and `__schema` or `__type` as they are. */
  readonly facts: readonly string[];
  readonly selection: Selection;
  /** What the default of each variable says. */
  readonly defaults: ReadonlyMap<string, Mentions>;
}

const maxTokens = 10_000;
const maxKept = 500;
const maxKeptCharacters = 16_384;

/** Understands operations; those met before are known by their text. */
export class GraphqlOperations {
  private readonly known = new Map<string, GraphqlOperation>();

  constructor(private readonly schema: GraphQLSchema | undefined) {}

  /** @throws RequestFault where it is no operation, several without a choice, or not one that the schema has */
  read(query: string, operationName: string | undefined): GraphqlOperation {
    const key = `${operationName ?? ''}\n${query}`;
    const known = this.known.get(key);
    if (known) return known;
    const operation = understand(query, operationName, this.schema);
    if (key.length <= maxKeptCharacters) {
      if (this.known.size >= maxKept) this.known.delete(this.known.keys().next().value!);
      this.known.set(key, operation);
    }
    return operation;
  }
}

/** @throws Error where the text is no schema */
export function readSchema(text: string): GraphQLSchema {
  return buildSchema(text);
}

function understand(
  query: string,
  operationName: string | undefined,
  schema: GraphQLSchema | undefined,
): GraphqlOperation {
  const document = parseDocument(query);
  const chosen = choose(document, operationName);
  const name = chosen.name?.value ?? '';
  if (chosen.operation === 'subscription') {
    throw new RequestFault(400, 'GraphQL subscriptions are not let through here', 'unsupported');
  }
  // Bounded first: validation takes its time with what is spread a thousandfold.
  const selection = selectionOf(document, chosen, schema);
  const alone = separateOperations(document)[name];
  if (!alone) throw malformed('the GraphQL document cannot be taken apart');
  if (schema && validate(schema, alone, undefined, { maxErrors: 1 }).length > 0) {
    throw malformed('the GraphQL operation does not fit the schema');
  }
  const facts = new Set(selection.fields.flatMap(({ coordinates }) => coordinates));
  for (const field of selection.fields) if (/^__(?:schema|type)$/.test(field.name)) facts.add(field.name);
  return {
    kind: chosen.operation,
    name,
    text: print(alone),
    facts: [...facts].sort(),
    selection,
    defaults: defaultsOf(chosen),
  };
}

function parseDocument(query: string): DocumentNode {
  try {
    return parse(query, { maxTokens, noLocation: true });
  } catch {
    throw malformed('the query is not GraphQL');
  }
}

function choose(document: DocumentNode, operationName: string | undefined): OperationDefinitionNode {
  const operations: OperationDefinitionNode[] = [];
  const names = new Set<string>();
  for (const definition of document.definitions) {
    if (definition.kind !== 'OperationDefinition' && definition.kind !== 'FragmentDefinition') {
      throw malformed('the GraphQL document defines more than operations');
    }
    const key = `${definition.kind} ${definition.name?.value ?? ''}`;
    if (names.has(key)) throw malformed('a name repeats within the GraphQL document');
    names.add(key);
    if (definition.kind === 'OperationDefinition') operations.push(definition);
  }
  const fitting =
    operationName === undefined ? operations : operations.filter(({ name }) => name?.value === operationName);
  if (fitting.length !== 1) throw malformed('the GraphQL document does not say which operation runs');
  return fitting[0]!;
}

function defaultsOf(operation: OperationDefinitionNode): Map<string, Mentions> {
  const defaults = new Map<string, Mentions>();
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    if (!defaultValue) continue;
    const mentions = { names: new Set<string>(), variables: new Set<string>(), apart: true };
    mention(mentions, defaultValue);
    defaults.set(variable.name.value, mentions);
  }
  return defaults;
}
