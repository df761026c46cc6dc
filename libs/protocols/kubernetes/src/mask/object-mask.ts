import { redactedText } from '@sallyport/masking';
import { isJsonObject, memberOf, textMember, type JsonObject, type JsonValue } from '../request/json-value.js';
import { replaceAt } from './replace-at.js';
import { maskStatus } from './status-mask.js';
import { TableCells } from './table-cells.js';
import type { ActivePart } from './active-parts.js';

export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

export interface ObjectMaskOptions {
  readonly parts: readonly ActivePart[];
  /** Masks what detectors find in free text. */
  readonly detect?: ((text: string) => string) | undefined;
  /** Kinds that the request's resource is made of: objects in lists do not say what they are, and some would lie. */
  readonly hints: readonly string[];
  /** Errors about what was asked for may repeat what is masked in it. */
  readonly guardErrors?: boolean;
  /** Values of the request's own body that an error may repeat. */
  readonly knownValues?: readonly string[];
}

/** Masks objects as the API server sends them, whatever they come wrapped in. Remembers the columns of a watched table. */
export class ObjectMask {
  readonly #options: ObjectMaskOptions;
  readonly #cells: TableCells;
  readonly #env: ActivePart | undefined;
  #changed = false;

  constructor(options: ObjectMaskOptions) {
    this.#options = options;
    this.#env = options.parts.find(({ what }) => what.in === 'env');
    const kinds = options.parts.flatMap(({ what }) => (what.in === 'kind' ? [what.kind] : []));
    const detect = options.hints.includes('Event') ? options.detect : undefined;
    this.#cells = new TableCells(
      options.hints.filter((kind) => kinds.includes(kind)),
      detect,
    );
  }

  /**
   * In place; true when something was replaced. An object of a list, of a watch event, or the whole answer.
   * @param listed what the list that it stands in says it is
   */
  apply(value: JsonValue, listed = ''): boolean {
    this.#changed = false;
    this.#top(value, withKind(this.#options.hints, listed));
    return this.#changed;
  }

  /** One row of a table whose head was masked before. */
  applyRow(row: JsonValue): boolean {
    this.#changed = false;
    this.#row(row, this.#options.hints);
    return this.#changed;
  }

  /** The environment variables of one container. */
  applyVariables(variables: readonly JsonValue[]): boolean {
    this.#changed = false;
    if (this.#env) this.#variables(variables, this.#env);
    return this.#changed;
  }

  #top(value: JsonValue, hints: readonly string[]): void {
    if (!isJsonObject(value)) return this.#walk(value);
    const kind = textMember(value, 'kind');
    if (kind === 'Status')
      this.#note(maskStatus(value, this.#options.guardErrors === true, this.#options.knownValues ?? []));
    const elementsKey = elementsKeyOf(kind);
    const elements = memberOf(value, elementsKey ?? '');
    if (kind === 'Table') this.#cells.learn(value);
    for (const element of Array.isArray(elements) ? elements : []) {
      if (elementsKey === 'rows') this.#row(element, hints);
      else this.#top(element, withKind(hints, listedKind(kind)));
    }
    this.#object(value, withKind(hints, kind), elementsKey);
  }

  #row(row: JsonValue, hints: readonly string[]): void {
    this.#note(this.#cells.mask(memberOf(row, 'cells')));
    const object = memberOf(row, 'object');
    if (object !== undefined) this.#top(object, hints);
  }

  /** @param done a member that has been seen to: a stand-in for a stand-in would be another */
  #object(object: JsonObject, kinds: readonly string[], done?: string): void {
    for (const { what, replace } of this.#options.parts) {
      if (what.in !== 'kind' || !kinds.includes(what.kind)) continue;
      for (const path of what.paths) this.#note(replaceAt(object, path, replace));
    }
    this.#annotations(memberOf(memberOf(object, 'metadata'), 'annotations'), kinds);
    if (kinds.includes('Event') && this.#options.detect) this.#freeText(object, this.#options.detect);
    for (const key of Object.keys(object)) {
      if (key === done) continue;
      const member = object[key]!;
      // A list; in an expanded patch an object of some of its elements.
      if (key === 'env' && typeof member === 'object' && member !== null && this.#env) {
        this.#variables(Object.values(member as Record<string, JsonValue>), this.#env);
      }
      if (typeof member === 'object' && member !== null) this.#walk(member);
    }
  }

  /** Objects inside objects: templates, manifests that a controller keeps, copies of old revisions. */
  #walk(value: JsonValue): void {
    if (Array.isArray(value)) for (const item of value) this.#walk(item);
    if (!isJsonObject(value)) return;
    const kind = textMember(value, 'kind');
    const items = elementsKeyOf(kind) === 'items' ? memberOf(value, 'items') : undefined;
    if (!Array.isArray(items)) return this.#object(value, withKind([], kind));
    for (const item of items) {
      if (isJsonObject(item)) this.#object(item, withKind([listedKind(kind)], textMember(item, 'kind')));
      else this.#walk(item);
    }
    this.#object(value, [kind], 'items');
  }

  #variables(list: readonly JsonValue[], { what, replace }: ActivePart): void {
    for (const variable of list) {
      if (!isJsonObject(variable) || what.in !== 'env') continue;
      const name = textMember(variable, 'name');
      // A patch need not say whose value it is.
      if (name !== '' && !what.named.test(name)) continue;
      this.#note(replaceAt(variable, { keys: ['value'], form: 'text' }, replace));
    }
  }

  /** Tools keep whole manifests in annotations, as JSON. */
  #annotations(annotations: JsonValue | undefined, kinds: readonly string[]): void {
    if (!isJsonObject(annotations)) return;
    for (const key of Object.keys(annotations)) {
      const text = annotations[key];
      if (typeof text !== 'string' || (key !== lastApplied && !/^\s*[[{]/.test(text))) continue;
      const masked = this.#manifest(text, kinds) ?? (key === lastApplied ? redactedText : text);
      if (masked !== text) {
        annotations[key] = masked;
        this.#changed = true;
      }
    }
  }

  /** Undefined when it cannot be read. */
  #manifest(text: string, kinds: readonly string[]): string | undefined {
    let manifest: JsonValue;
    try {
      manifest = JSON.parse(text) as JsonValue;
    } catch {
      return undefined;
    }
    const before = this.#changed;
    this.#changed = false;
    this.#top(manifest, kinds);
    const masked = this.#changed ? JSON.stringify(manifest) : text;
    this.#changed ||= before;
    return masked;
  }

  #freeText(value: JsonObject | JsonValue[], detect: (text: string) => string): void {
    const members = value as Record<string, JsonValue>;
    for (const key of Object.keys(members)) {
      const member = members[key]!;
      if (typeof member === 'string') {
        const masked = detect(member);
        this.#note(masked !== member);
        members[key] = masked;
      } else if (Array.isArray(member) || (isJsonObject(member) && key !== 'metadata')) this.#freeText(member, detect);
    }
  }

  #note(changed: boolean): void {
    this.#changed ||= changed;
  }
}

/** Where objects of this kind keep other objects; undefined when they are none that hold any. */
export function elementsKeyOf(kind: string): 'items' | 'rows' | undefined {
  if (kind === 'Table') return 'rows';
  return kind.endsWith('List') ? 'items' : undefined;
}

/** What a list says that it lists. */
export function listedKind(kind: string): string {
  return kind.endsWith('List') ? kind.slice(0, -'List'.length) : '';
}

function withKind(kinds: readonly string[], kind: string): readonly string[] {
  return kind === '' || kinds.includes(kind) ? kinds : [...kinds, kind];
}
