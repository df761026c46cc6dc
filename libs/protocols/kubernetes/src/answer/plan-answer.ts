import type { ClassifiedField, MaskMethod, Obligation } from '@sallyport/domain';
import { objectId } from '@sallyport/domain';
import type { AnswerPlan } from '@sallyport/http-core';
import {
  createDocumentMask,
  type DetectorRule,
  type DocumentMask,
  type Pseudonyms,
  type StreamMask,
} from '@sallyport/masking';
import type { ActivePart } from '../mask/active-parts.js';
import { hintsOf, type ClassifiedPart } from '../mask/classification.js';
import type { ObjectMaskOptions } from '../mask/object-mask.js';
import { patchUses } from '../mask/patch-uses.js';
import { maskReplacement } from '../mask/replacement.js';
import type { PatchOperation } from '../request/json-patch.js';
import type { RequestInfo } from '../request/request-info.js';
import { objectPlan, plainPlan, proxyPlan, textPlan } from './answer-plan.js';

/** What was asked, as far as its answer's masks depend on it. */
export interface Question {
  readonly info: RequestInfo;
  readonly parts: readonly ClassifiedPart[];
  /** Those of the parts that policy was asked about. */
  readonly fields: readonly ClassifiedField[];
  readonly operations: readonly PatchOperation[] | undefined;
  /** Classified values in the request's body. */
  readonly values: readonly string[];
  readonly pseudonyms: Pseudonyms;
}

/** The masks that obligations come to. */
interface Masks {
  readonly options: ObjectMaskOptions;
  /** Set where detectors are asked for. */
  readonly texts: DocumentMask | undefined;
}

/** How the answer is treated under these obligations; undefined: they cannot be met. */
export function planAnswer(question: Question, obligations: readonly Obligation[]): AnswerPlan | undefined {
  const masks = masksFor(question, obligations);
  if (!masks) return undefined;
  const { info } = question;
  if (!info.isResource) return plainPlan;
  if (info.verb === 'proxy') return proxyPlan;
  const { texts, options } = masks;
  if (info.verb === 'logs') return textPlan(texts && (() => texts.text()), options);
  return objectPlan(info, options);
}

/** For terminals: what masks the text that flows, a fresh mask for each stream; undefined: nothing does. */
export function terminalMasks(
  question: Question,
): (obligations: readonly Obligation[]) => (() => StreamMask) | undefined {
  return (obligations) => {
    const texts = masksFor(question, obligations)?.texts;
    return texts && (() => texts.text());
  };
}

function masksFor(question: Question, obligations: readonly Obligation[]): Masks | undefined {
  const methods = methodsOf(question, obligations);
  if (!methods) return undefined;
  const { info, parts, operations, values, pseudonyms } = question;
  const active: ActivePart[] = [];
  const detectors: DetectorRule[] = [];
  let guardErrors = false;
  for (const part of parts) {
    const asked = methods.get(part.path);
    if (asked === 'revealed') continue;
    if (asked !== undefined && patchUses(operations, part)) return undefined;
    guardErrors ||= asked !== undefined;
    const { what } = part;
    if (what.in !== 'text') active.push({ what, replace: maskReplacement(asked ?? part.mask, pseudonyms) });
    else if (asked !== undefined) detectors.push({ detector: what.detector, method: asked });
  }
  const texts = detectors.length > 0 ? createDocumentMask({ rules: [], detectors, pseudonyms }) : undefined;
  const detect = texts && ((text: string) => texts.maskValue(text) as string);
  return { texts, options: { parts: active, detect, hints: hintsOf(active, info), guardErrors, knownValues: values } };
}

/** By path: how each part that policy was asked about is masked. Undefined when an obligation is about something else. */
function methodsOf(
  { fields }: Question,
  obligations: readonly Obligation[],
): ReadonlyMap<string, MaskMethod | 'revealed'> | undefined {
  const paths = new Map(fields.map(({ field }) => [objectId(field), field.path]));
  const methods = new Map<string, MaskMethod | 'revealed'>(fields.map(({ field }) => [field.path, 'revealed']));
  for (const obligation of obligations) {
    const path = obligation.kind === 'maskField' ? paths.get(objectId(obligation.field)) : undefined;
    if (path === undefined) return undefined;
    methods.set(path, obligation.method);
  }
  return methods;
}
