import type { ClassifiedField, ColumnRef, Effect, ObjectRef, TableRef, Verb } from '@sallyport/domain';
import { objectId } from '@sallyport/domain';
import { wordOf } from '../language/vocabulary.js';
import { uid } from '../language/scope.js';
import { entitiesNamedBy } from '../language/statement.js';
import type { Slice } from '../slicing/slice.js';
import type { JudgedEntity } from './entities.js';
import type { Applying, EvaluationError } from './evaluate.js';
import type { RequestContext } from './request-context.js';
import type { SessionScope } from './session-scope.js';
import { readsClock } from './session-scope.js';
import type { Verdict } from './verdict.js';
import { joined, severity, verdictOf } from './verdict.js';

/** A verdict, and the object it was reached on: the effect's own, or a column of it. */
export interface Finding {
  readonly verdict: Verdict;
  readonly object: string;
  readonly errors: readonly EvaluationError[];
}

const outsideLimits: Verdict = { kind: 'deny', code: 'no-permit', by: [], text: 'the token in use is not for this' };

/** Judges the effects of one request. */
export class RequestJudge {
  /** True once a statement was asked whose answer changes with time alone. */
  readsClock = false;
  readonly #whole = new Map<string, Applying>();

  constructor(
    readonly scope: SessionScope,
    readonly context: RequestContext,
  ) {}

  /**
   * The strictest findings on one effect. A column is judged by its own statements and its table's together: a permit on
   * the table serves all its columns, a forbid on a column stands whatever the table permits, and where the table has no
   * permit every column needs its own. Columns left out where the verb has them mean any column there might be.
   */
  effect({ verb, object, columns }: Effect): readonly Finding[] {
    const objects = wordOf(this.scope.language, verb)?.objects ?? [];
    if (!objects.includes(object.kind)) throw new Error(`${verb} does not apply to a ${object.kind}`);
    if (this.scope.verbs?.has(verb) === false)
      return [{ verdict: outsideLimits, object: objectId(object), errors: [] }];
    if (object.kind === 'Column') {
      return this.#table(verb, { ...object, kind: 'Table' }, [objectId(object)]);
    }
    if (object.kind !== 'Table' || !objects.includes('Column')) return [this.#object(verb, object)];
    const table = object;
    const ids = columns?.map((column) => objectId({ ...table, kind: 'Column', column }));
    return this.#table(verb, table, ids ?? this.#anyColumn(verb, table));
  }

  /** True when the column may be seen as it is. */
  reveals(column: ColumnRef): Revealed {
    return revealed(this.effect({ verb: 'reveal', object: column }));
  }

  /** True when the part of a document may be seen as it is. */
  revealsField({ field, tags }: ClassifiedField): Revealed {
    if (this.scope.verbs?.has('reveal') === false) return { revealed: false, errors: [] };
    const judged = this.scope.resource.field(field, tags);
    return revealed([finding(this.#applyingTo('reveal', judged), judged)]);
  }

  #object(verb: Verb, object: ObjectRef): Finding {
    const judged = this.scope.resource.of(object);
    return finding(this.#applyingTo(verb, judged), judged);
  }

  #table(verb: Verb, ref: TableRef, columnIds: readonly string[]): readonly Finding[] {
    const table = this.scope.resource.of(ref);
    const whole = this.#applyingTo(verb, table);
    if (columnIds.length === 0 || this.scope.columnStatements(verb).length === 0) return [finding(whole, table)];
    const findings = new Map<string, Finding>();
    for (const id of columnIds) {
      const column = this.scope.resource.column(ref, id);
      const slice = this.scope.columnSlice(verb, table, column);
      const alike = likeness(slice, column);
      if (findings.has(alike)) continue;
      const own = this.#ask(slice, verb, column);
      findings.set(alike, slice.statements.length === 0 ? finding(whole, table) : finding(joined(whole, own), column));
    }
    return strictest([...findings.values()]);
  }

  #applyingTo(verb: Verb, object: JudgedEntity): Applying {
    const key = `${verb} ${object.uid}`;
    const known = this.#whole.get(key);
    if (known) return known;
    const found = this.#ask(this.scope.sliceFor(verb, object), verb, object);
    this.#whole.set(key, found);
    return found;
  }

  #ask(slice: Slice, verb: Verb, object: JudgedEntity): Applying {
    if (readsClock(slice)) this.readsClock = true;
    return this.scope.applying(slice, verb, object, this.context);
  }

  /** One column of every sort that policy can tell apart: the classified, those policies name, and one that is neither. */
  #anyColumn(verb: Verb, ref: TableRef): string[] {
    const prefix = `${objectId(ref)}.`;
    const named = this.scope
      .columnStatements(verb)
      .flatMap((statement) => [...entitiesNamedBy(statement)])
      .filter((name) => name.startsWith(columnUid))
      .map((name) => name.slice(columnUid.length));
    const known = [...this.scope.resource.classified.keys(), ...named].filter((id) => id.startsWith(prefix));
    // No real column has this id: a name with an asterisk stands quoted in one.
    return [...new Set(known), `${prefix}*`];
  }
}

interface Revealed {
  readonly revealed: boolean;
  readonly errors: readonly Finding[];
}

function revealed(findings: readonly Finding[]): Revealed {
  return {
    revealed: findings.every(({ verdict }) => verdict.kind === 'permit'),
    errors: findings.filter(({ errors }) => errors.length > 0),
  };
}

const columnUid = uid({ type: 'Column', id: '' });
const tagUid = uid({ type: 'Tag', id: '' });

function finding(applies: Applying, object: JudgedEntity): Finding {
  return { verdict: verdictOf(applies), object: object.id, errors: applies.errors };
}

/**
 * Equal for two columns of a table that no statement of the slice can tell apart: entities have no attributes here, so
 * only being in a tag and being named by a literal can make a difference.
 */
function likeness(slice: Slice, column: JudgedEntity): string {
  const tags = [...column.within].filter((name) => name.startsWith(tagUid)).sort();
  const named = slice.statements.some(({ reads }) => reads.entities.has(column.uid));
  return JSON.stringify([slice.key, slice.statements.length > 0 ? tags : [], named ? column.id : '']);
}

export function strictest(findings: readonly Finding[]): readonly Finding[] {
  const worst = Math.max(...findings.map(({ verdict }) => severity[verdict.kind]));
  return findings.filter(({ verdict }) => severity[verdict.kind] === worst);
}
