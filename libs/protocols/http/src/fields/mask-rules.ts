import type { MaskMethod, Obligation } from '@sallyport/domain';
import {
  createDocumentMask,
  type DetectorRule,
  type DocumentMask,
  type FieldRule,
  parseFieldPath,
  type Pseudonyms,
} from '@sallyport/masking';
import { pathStep } from '../request/body-facts.js';
import type { KnownPart } from './classification.js';

/** What is hidden in one document, and how. */
export interface MaskRules {
  readonly fields: readonly FieldRule[];
  readonly detectors: readonly DetectorRule[];
}

/** Where one part stands in documents that are described, and in those that are not. */
export interface PartPlaces {
  readonly part: KnownPart;
  readonly described: readonly string[];
  readonly other: readonly string[];
}

/** The method for each field that is to be hidden, by its id; undefined where an obligation is none of fields. */
export function methodsOf(obligations: readonly Obligation[]): ReadonlyMap<string, MaskMethod> | undefined {
  const methods = new Map<string, MaskMethod>();
  for (const obligation of obligations) {
    if (obligation.kind !== 'maskField') return undefined;
    methods.set(obligation.field.path, obligation.method);
  }
  return methods;
}

export function rulesFor(
  places: readonly PartPlaces[],
  methods: ReadonlyMap<string, MaskMethod>,
  which: 'described' | 'other',
): MaskRules {
  const fields: FieldRule[] = [];
  const detectors: DetectorRule[] = [];
  for (const { part, [which]: paths } of places) {
    const method = methods.get(part.id);
    if (method === undefined) continue;
    if (part.by.kind === 'detector') detectors.push({ detector: part.by.detector, method });
    for (const path of paths) fields.push({ path, method });
  }
  return { fields, detectors };
}

export function hidesNothing(rules: MaskRules): boolean {
  return rules.fields.length === 0 && rules.detectors.length === 0;
}

/** A field of that name, anywhere. */
export function anywhere(name: string): string {
  const step = pathStep(name);
  return step.startsWith('.') ? `$.${step}` : `$..${step}`;
}

/** The names under which ruled values stand; undefined where a rule goes by position alone. */
export function ruledNames(rules: readonly FieldRule[]): string[] | undefined {
  const names = new Set<string>();
  for (const { path } of rules) {
    const last = parseFieldPath(path)?.findLast((step) => step.kind === 'name');
    if (last?.kind !== 'name') return undefined;
    names.add(last.name);
  }
  return [...names];
}

const maxKept = 200;
/** Rules with longer places, which aliases of GraphQL make, are hardly met again. UTF-16 code units. */
const maxKeyLength = 16_384;

/** Compiled masks, by their rules: few are ever in use at once. */
export class MaskCache {
  private readonly masks = new Map<string, DocumentMask>();
  /** The rules of one plan are one object. */
  private readonly byRules = new WeakMap<MaskRules, DocumentMask>();

  constructor(private readonly pseudonyms: Pseudonyms) {}

  mask(rules: MaskRules): DocumentMask {
    let mask = this.byRules.get(rules);
    if (!mask) this.byRules.set(rules, (mask = this.compiled(rules)));
    return mask;
  }

  private compiled(rules: MaskRules): DocumentMask {
    const key = JSON.stringify(rules);
    const known = this.masks.get(key);
    if (known) return known;
    const mask = createDocumentMask({
      rules: [...rules.fields],
      detectors: [...rules.detectors],
      pseudonyms: this.pseudonyms,
    });
    if (key.length > maxKeyLength) return mask;
    if (this.masks.size >= maxKept) this.masks.delete(this.masks.keys().next().value!);
    this.masks.set(key, mask);
    return mask;
  }
}
