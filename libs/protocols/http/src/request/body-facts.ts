import { isList, isObject, JsonNumber, type JsonValue } from '../json/json-value.js';
import { numberSpellings } from '../json/plain-number.js';
import type { FormPair } from './form-pairs.js';

/** What policy is told of a body. */
export interface BodyFacts {
  /** False: the rest says nothing, because the body was not read, not understood or says too much to be told. */
  readonly known: boolean;
  /** `$.path=value` of every scalar, sorted. List items share `[*]`. */
  readonly values: readonly string[];
  /** Every place that exists, containers included, sorted. */
  readonly paths: readonly string[];
}

export const unknownBody: BodyFacts = { known: false, values: [], paths: [] };
export const noBody: BodyFacts = { known: true, values: [], paths: [] };

/** Bounds on what a policy condition has to look through. */
const maxLeaves = 5000;
const maxCharacters = 262_144;

export function jsonFacts(value: JsonValue): BodyFacts {
  const facts = new FactCollector();
  return facts.visit('$', value) ? facts.result() : unknownBody;
}

export function formFacts(pairs: readonly FormPair[]): BodyFacts {
  const facts = new FactCollector();
  const known = pairs.every(([name, value]) => facts.leaf(`$${pathStep(name)}`, value ?? ''));
  return known ? facts.result() : unknownBody;
}

/** A member's step in a path: `.email`, or `['odd.name']` where a dot would be misread. */
export function pathStep(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)) return `.${name}`;
  return `['${name.replace(/[\\']/g, '\\$&')}']`;
}

class FactCollector {
  private readonly values = new Set<string>();
  private readonly paths = new Set<string>();
  private readonly steps = new Map<string, string>();
  private leaves = 0;
  private characters = 0;

  private step(name: string): string {
    let step = this.steps.get(name);
    if (step === undefined) this.steps.set(name, (step = pathStep(name)));
    return step;
  }

  /** False: too much. */
  visit(path: string, value: JsonValue): boolean {
    if (isObject(value)) {
      if (!this.place(path)) return false;
      for (const [name, member] of value) if (!this.visit(path + this.step(name), member)) return false;
      return true;
    }
    if (isList(value)) {
      if (!this.place(path)) return false;
      for (const item of value) if (!this.visit(`${path}[*]`, item)) return false;
      return true;
    }
    if (value instanceof JsonNumber) return numberSpellings(value.text).every((text) => this.leaf(path, text));
    return this.leaf(path, String(value));
  }

  leaf(path: string, text: string): boolean {
    if (!this.place(path)) return false;
    this.characters += path.length + text.length;
    this.values.add(`${path}=${text}`);
    return this.characters <= maxCharacters;
  }

  private place(path: string): boolean {
    this.leaves += 1;
    this.characters += path.length;
    this.paths.add(path);
    return this.leaves <= maxLeaves && this.characters <= maxCharacters;
  }

  result(): BodyFacts {
    return { known: true, values: [...this.values].sort(), paths: [...this.paths].sort() };
  }
}
