import { Pseudonyms } from '@sallyport/masking';

/** By key object, so that what was computed for one statement is remembered for the next. A pure function's memo. */
const byKey = new WeakMap<Uint8Array, Pseudonyms>();

export function pseudonymsOf(key: Uint8Array): Pseudonyms {
  let pseudonyms = byKey.get(key);
  if (!pseudonyms) byKey.set(key, (pseudonyms = new Pseudonyms(key)));
  return pseudonyms;
}
