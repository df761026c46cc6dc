import type { Obligation } from '@sallyport/domain';
import { createDocumentMask, Pseudonyms, type StreamMask } from '@sallyport/masking';

/** Output and error output are two streams, each with its own unfinished words. */
export interface OutputMasks {
  readonly out: StreamMask;
  readonly error: StreamMask;
  /** Nothing is masked: what goes in is what comes out, and nothing of it is kept. */
  readonly passing?: boolean;
}

const prefix = 'detector:';

/**
 * Masks for what a program prints; undefined when an obligation cannot be carried out, and then nothing runs. On a
 * terminal as well, where a program can draw what it shows in pieces that no detector knows again: there it is a help
 * against accidents, not against somebody who wants to see.
 */
export function outputMasks(obligations: readonly Obligation[], pseudonymKey: Uint8Array): OutputMasks | undefined {
  if (obligations.length === 0) return { out: passing(), error: passing(), passing: true };
  const detectors = [];
  for (const obligation of obligations) {
    if (obligation.kind !== 'maskField' || !obligation.field.path.startsWith(prefix)) return undefined;
    detectors.push({ detector: obligation.field.path.slice(prefix.length), method: obligation.method });
  }
  try {
    const mask = createDocumentMask({ rules: [], detectors, pseudonyms: pseudonymsOf(pseudonymKey) });
    return { out: mask.text(), error: mask.text() };
  } catch {
    return undefined;
  }
}

/** By key object, so that what was computed once is remembered. A pure function's memo. */
const byKey = new WeakMap<Uint8Array, Pseudonyms>();

function pseudonymsOf(key: Uint8Array): Pseudonyms {
  let pseudonyms = byKey.get(key);
  if (!pseudonyms) byKey.set(key, (pseudonyms = new Pseudonyms(key)));
  return pseudonyms;
}

function passing(): StreamMask {
  return { push: (chunk) => chunk, end: () => Buffer.alloc(0) };
}
