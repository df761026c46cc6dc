import type { MaskMethod } from '@sallyport/domain';
import { creditCard } from '../detectors/credit-card.js';
import { detectorNamed } from '../detectors/detector-registry.js';
import { DetectorSet } from '../detectors/detector-set.js';
import { JsonMask } from '../json/json-mask.js';
import type { Pseudonyms } from '../methods/pseudonym.js';
import { parseFieldPath } from '../paths/field-path.js';
import { PathAutomaton } from '../paths/path-state.js';
import { ScalarMasks } from '../scalar-masks.js';
import type { StreamMask } from '../stream-mask.js';
import { guarded } from '../stream-mask.js';
import { stricterMethod } from '../text-mask.js';
import { FormMask } from './form-mask.js';
import { PlainTextMask } from './plain-text-mask.js';
import { SseMask } from './sse-mask.js';
import { ValueMask } from './value-mask.js';

/** A part of documents, as {@link parseFieldPath} reads it. */
export interface FieldRule {
  readonly path: string;
  readonly method: MaskMethod;
}
/** A kind of data, wherever it stands in texts; one of the `detectorNames`. */
export interface DetectorRule {
  readonly detector: string;
  readonly method: MaskMethod;
}
export interface DocumentMaskOptions {
  readonly rules: readonly FieldRule[];
  readonly detectors: readonly DetectorRule[];
  readonly pseudonyms: Pseudonyms;
  /** Containers within each other. */
  readonly maxDepth?: number;
  /** Of one masked value, one name, and one event of an event stream. Bytes. */
  readonly maxScalarBytes?: number;
}

/** What is masked in documents, for every format that documents come in. Made once, then used for any number of documents. */
export interface DocumentMask {
  /** Whether a JSON document can come out otherwise than it went in. */
  readonly changesJson: boolean;
  /** Whether text without a structure can. */
  readonly changesText: boolean;
  /** One JSON document (RFC 8259), or no bytes at all. */
  json(): StreamMask;
  /** One JSON document a line; empty lines stay. */
  ndjson(): StreamMask;
  /** `text/event-stream`. Events are looked at one by one: a detector does not see what two of them make together. */
  sse(): StreamMask;
  /** `application/x-www-form-urlencoded`: `$.name` is the field of that name. */
  form(): StreamMask;
  /** UTF-8 text. Only detectors look at it: where fields are to be masked, text is not a format to let through. */
  text(): StreamMask;
  /**
   * A parsed JSON value; the answer shares what is not masked with it.
   * @throws MaskError when it is nested too deep, or something in it is no JSON value
   */
  maskValue(value: unknown): unknown;
}

const defaultDepth = 512;
const defaultScalarBytes = 1_048_576;

/** @throws RangeError for a path or a detector that does not exist */
export function createDocumentMask(options: DocumentMaskOptions): DocumentMask {
  const { pseudonyms, maxDepth = defaultDepth, maxScalarBytes = defaultScalarBytes } = options;
  const scalars = new ScalarMasks(pseudonyms);
  const { root } = new PathAutomaton(options.rules.map(({ path, method }) => ({ path: knownPath(path), method })));
  const detectors = detectorSet(options.detectors, scalars);
  const shared = { root, scalars, detectors, maxDepth, maxScalarBytes };
  const json = (lines: boolean): StreamMask => guarded(new JsonMask({ ...shared, lines }));
  return {
    changesJson: options.rules.length > 0 || detectors !== undefined,
    changesText: detectors !== undefined,
    json: () => json(false),
    ndjson: () => json(true),
    sse: () => guarded(new SseMask({ ...shared, json: () => json(false) })),
    form: () => guarded(new FormMask(shared)),
    text: () => guarded(new PlainTextMask(detectors)),
    maskValue: (value) => new ValueMask(shared).mask(value),
  };
}

function knownPath(text: string): NonNullable<ReturnType<typeof parseFieldPath>> {
  const path = parseFieldPath(text);
  if (!path) throw new RangeError('a field path is malformed');
  return path;
}

function detectorSet(rules: readonly DetectorRule[], scalars: ScalarMasks): DetectorSet | undefined {
  const methods = new Map<string, MaskMethod>();
  for (const { detector, method } of rules) {
    methods.set(detector, stricterMethod(method, methods.get(detector) ?? method));
  }
  if (methods.size === 0) return undefined;
  const active = [...methods].map(([name, method]) => {
    const detector = detectorNamed(name);
    if (!detector) throw new RangeError('no such detector');
    return { detector, method };
  });
  return new DetectorSet(active, creditCard, scalars);
}
