import type { Node, RawStmt } from '@pgsql/types';
import type { Action } from '@sallyport/domain';
import { statementInspection, wholeAction } from './action.js';
import { Analysis, type AnalysisInput } from './analysis.js';
import { analyzers } from './analyzers.js';
import type { Catalog } from './catalog.js';
import { checkTree } from './check-tree.js';
import type { Inspection, SqlInspector, SqlSession, StatementInspection } from './inspection.js';
import { InspectionShards } from './inspection-cache.js';
import { normalise } from './normalise.js';
import { parse, SyntaxProblem } from './parser.js';
import { Refusal } from './refusal.js';
import { meaningOf } from './statements/dispatch.js';
import { defaultTextLimits, textProblem, type TextLimits } from './text-limits.js';
import { kindOf, walkTree } from './tree.js';
import { spend, withinWorkLimit } from './work-limit.js';

export interface PostgresInspectorOptions {
  /** Largest text, UTF-8 bytes. Default 1 MiB. */
  readonly maxTextBytes?: number;
  /** Most cached inspections. Default 10,000. */
  readonly cacheEntries?: number;
  /** Most cached characters, keys and results together, roughly. Default 64 Mi. */
  readonly cacheSize?: number;
}

type Accepted = Extract<Inspection, { ok: true }>;
interface Inspected {
  readonly inspection: Inspection;
  readonly literalSensitive: boolean;
  readonly sessionSensitive: boolean;
}

/** Most statements of one text. */
const maxStatements = 2000;

/** EXECUTE of a text that is itself an EXECUTE, and so on. */
const maxPreparedDepth = 4;

/** PostgreSQL text → meaning, for one resource. `loadParser()` must have resolved before; otherwise everything denies. */
export class PostgresInspector implements SqlInspector {
  readonly #limits: TextLimits;
  readonly #shards: InspectionShards<Accepted>;

  constructor(
    readonly resource: string,
    options: PostgresInspectorOptions = {},
  ) {
    this.#limits = { ...defaultTextLimits, maxBytes: options.maxTextBytes ?? defaultTextLimits.maxBytes };
    this.#shards = new InspectionShards(options.cacheEntries ?? 10_000, options.cacheSize ?? 64 << 20);
  }

  /** Never throws: whatever goes wrong is an inspection that is not ok. */
  inspect(text: string, catalog: Catalog, session: SqlSession): Inspection {
    try {
      return this.#cached(text, catalog, session);
    } catch {
      return { ok: false, code: 'unparsable', message: 'the text could not be understood' };
    }
  }

  #cached(text: string, catalog: Catalog, session: SqlSession): Inspection {
    const { forms, texts } = this.#shards.for(catalog, session);
    // A longer text than those looked at may be over the limit.
    const normal = text.length * 3 <= this.#limits.maxBytes ? normalise(text) : undefined;
    const similar = normal === undefined ? undefined : forms.get(normal);
    if (similar) return similar.action.text === text ? similar : withText(similar, text);
    const exact = texts.get(text);
    if (exact) return exact;
    const { inspection, literalSensitive, sessionSensitive } = this.#inspect(text, { catalog, session, depth: 0 });
    if (!inspection.ok || sessionSensitive) return inspection;
    const weight = text.length + weightOf(inspection);
    if (normal !== undefined && !literalSensitive && inspection.statements.length === 1) {
      forms.set(normal, inspection, weight);
    } else {
      texts.set(text, inspection, weight);
    }
    return inspection;
  }

  #inspect(text: string, place: Pick<AnalysisInput, 'catalog' | 'session' | 'depth'>): Inspected {
    const problem = textProblem(text, this.#limits);
    if (problem) return refused({ ok: false, code: 'unparsable', ...problem });
    const input: AnalysisInput = {
      ...place,
      resource: this.resource,
      analyzers,
      reinspect: (prepared) => this.#reinspect(prepared, { ...place, depth: place.depth + 1 }),
      inspectPart: (outer, node) => inspectNode(outer.input, node, partText.get(outer) ?? text).inspection,
    };
    try {
      // What EXECUTE looks at again counts with the text that says so.
      return place.depth === 0 ? withinWorkLimit(() => inspectTree(input, text)) : inspectTree(input, text);
    } catch (error) {
      if (error instanceof SyntaxProblem) {
        return refused({ ok: false, code: 'unparsable', message: 'syntax error', position: error.position });
      }
      if (!(error instanceof Refusal)) throw error;
      return refused({ ok: false, code: 'unsupported', message: error.message, missing: error.missing });
    }
  }

  /** The names of a prepared text are looked up again each time it runs, as the server does after a change. */
  #reinspect(
    prepared: StatementInspection,
    place: Pick<AnalysisInput, 'catalog' | 'session' | 'depth'>,
  ): StatementInspection {
    spend(prepared.action.text.length);
    if (place.depth > maxPreparedDepth) throw new Refusal('prepared statements execute one another');
    const { inspection } = this.#inspect(prepared.action.text, place);
    if (!inspection.ok) throw new Refusal(inspection.message, inspection.missing);
    const [statement] = inspection.statements;
    if (!statement || inspection.statements.length !== 1) throw new Refusal('the prepared statement is not known');
    const change = statement.changes.find((candidate) => candidate.kind === 'prepare');
    return change ? change.body : statement;
  }
}

/** The text of the statement that an analysis is of, for what PREPARE and DECLARE keep. */
const partText = new WeakMap<Analysis, string>();

function refused(inspection: Inspection): Inspected {
  return { inspection, literalSensitive: true, sessionSensitive: true };
}

/** About what an inspection takes in memory, in characters: a short text can have many outputs made of many columns. */
function weightOf({ action, statements }: Accepted): number {
  let weight = 1000;
  for (const { effects, lineage } of [action, ...statements.map((statement) => statement.action)]) {
    for (const { columns } of effects) weight += 200 + 100 * (columns?.length ?? 0);
    for (const result of lineage.results) {
      if (result === null || result === 'opaque') continue;
      for (const { sources } of result.columns) weight += 50 + 10 * sources.length;
    }
    weight += 10 * lineage.usedElsewhere.length;
  }
  return weight;
}

/** The same meaning for a text that differs in constants alone. Field by field: this runs for every point query. */
function withText(similar: Accepted, text: string): Accepted {
  const { protocol, kind, effects, context, lineage, fingerprint } = similar.action;
  const action: Action = { protocol, kind, text, effects, context, lineage, fingerprint };
  const { changes, copy, allowedInTransaction, parameters, relations, kind: word } = similar.statements[0]!;
  const statement = { kind: word, action, changes, copy, allowedInTransaction, parameters, relations };
  return { ok: true, statements: [statement], action };
}

function inspectTree(input: AnalysisInput, text: string): Inspected {
  const raw = parse(text).stmts ?? [];
  if (raw.length > maxStatements) throw new Refusal(`a text may have ${maxStatements} statements at most`);
  const isUtf8 = (input.catalog.encoding ?? 'UTF8') === 'UTF8';
  // Refuses what is too deep before anything recurses into it.
  walkTree(raw, {
    node: () => true,
    rangeVar: () => undefined,
    typeName: () => undefined,
    text: (value, field) => {
      if (!isUtf8 && field !== 'comment' && mayBeCut(value)) {
        throw new Refusal('a name with letters outside of ASCII is too long for a database that is not in UTF-8');
      }
    },
  });
  const bytes = raw.length > 1 ? Buffer.from(text, 'utf8') : undefined;
  const parts = raw.map((statement) => {
    if (!statement.stmt) throw new Refusal('a statement is empty');
    return inspectNode(input, statement.stmt, bytes ? sliceOf(bytes, statement) : text);
  });
  const statements = parts.map((part) => part.inspection);
  refuseStaleNames(statements);
  return {
    inspection: { ok: true, statements, action: wholeAction(text, statements, input.resource) },
    literalSensitive: parts.some((part) => part.literalSensitive),
    sessionSensitive: parts.some((part) => part.sessionSensitive),
  };
}

/** NAMEDATALEN less one: the server and the grammar cut longer names, so what is longer than this is no name. Bytes. */
const maxNameBytes = 63;
/** Shorter names are cut in no encoding: none takes more than twice what UTF-8 does. Bytes. */
const surelyWhole = 31;

/**
 * Whether the server may have cut a name that the grammar did not, or elsewhere. The grammar counts in UTF-8, the server
 * in the database's encoding: two names could become one there alone, or here alone, and one be judged for the other.
 */
function mayBeCut(name: string): boolean {
  if (name.length > maxNameBytes || name.length * 4 <= surelyWhole) return false;
  const bytes = Buffer.byteLength(name);
  return bytes > name.length && bytes > surelyWhole && bytes <= maxNameBytes;
}

/** Changes after which names may mean something else. */
const renaming: ReadonlySet<string> = new Set(['catalog', 'opaque', 'create-temp', 'search-path', 'discard-all']);

/**
 * A text is analysed as a whole, before any of it runs. What comes after a statement that changes what names mean was
 * looked up too early: definitions may follow definitions, but nothing that touches rows.
 */
function refuseStaleNames(statements: readonly StatementInspection[]): void {
  const changer = statements.findIndex(({ changes }) => changes.some((change) => renaming.has(change.kind)));
  if (changer < 0) return;
  for (const { action } of statements.slice(changer + 1)) {
    if (action.effects.every(({ verb }) => verb === 'alter' || verb === 'connect')) continue;
    throw new Refusal(`${statements[changer]!.kind} changes what names mean: send the statements after it separately`);
  }
}

interface InspectedStatement {
  readonly inspection: StatementInspection;
  readonly literalSensitive: boolean;
  readonly sessionSensitive: boolean;
}

function inspectNode(input: AnalysisInput, node: Node, text: string): InspectedStatement {
  const analysis = new Analysis(input);
  partText.set(analysis, text);
  const meaning = meaningOf(analysis, node);
  checkTree(analysis, node);
  if (kindOf(node) === 'PrepareStmt') analysis.parameters = 0; // they belong to the body
  const { literalSensitive, sessionSensitive } = analysis;
  return { inspection: statementInspection(analysis, meaning, text), literalSensitive, sessionSensitive };
}

/** The grammar gives a statement's place in bytes. */
function sliceOf(bytes: Buffer, { stmt_location: start = 0, stmt_len: length }: RawStmt): string {
  return bytes.toString('utf8', start, length ? start + length : bytes.length).trim();
}
