import type { Action, ClassifiedField, Effect } from '@sallyport/domain';

/** Equal for two requests exactly when policy can see no difference between them. */
export function fingerprintOf(
  kind: string,
  effects: readonly Effect[],
  context: Action['context'],
  fields: readonly ClassifiedField[],
): string {
  return JSON.stringify(['kubernetes', kind, effects, context, fields]);
}
