import { redactedText } from '@sallyport/masking';
import { memberOf, textMember, type JsonValue } from '../request/json-value.js';

/** The server prints these from names and counts; what other kinds print, their definition decides (CRD printer columns). */
const harmlessKinds: ReadonlySet<string> = new Set([
  'Secret',
  'ConfigMap',
  'TokenRequest',
  'Pod',
  'Event',
  'ServiceAccount',
]);
const harmlessColumns: ReadonlySet<string> = new Set(['Name', 'Namespace', 'Age', 'Created At']);

/** The cells of a table of objects with classified parts: a column may show any of them. */
export class TableCells {
  readonly #hides: boolean;
  readonly #detect: ((text: string) => string) | undefined;
  #shown: readonly boolean[] = [];

  constructor(classifiedKinds: readonly string[], detect: ((text: string) => string) | undefined) {
    this.#hides = classifiedKinds.some((kind) => !harmlessKinds.has(kind));
    this.#detect = detect;
  }

  /** A watch names the columns in its first table only. */
  learn(table: JsonValue): void {
    const columns = memberOf(table, 'columnDefinitions');
    if (!Array.isArray(columns) || columns.length === 0) return;
    this.#shown = columns.map((column) => harmlessColumns.has(textMember(column, 'name')));
  }

  mask(cells: JsonValue | undefined): boolean {
    if (!Array.isArray(cells)) return false;
    let changed = false;
    cells.forEach((cell, index) => {
      const masked = this.#hides && !this.#shown[index] ? redactedText : this.#detected(cell);
      changed ||= masked !== cell;
      cells[index] = masked;
    });
    return changed;
  }

  #detected(cell: JsonValue): JsonValue {
    return typeof cell === 'string' && this.#detect ? this.#detect(cell) : cell;
  }
}
