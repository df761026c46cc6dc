export type { TextMask } from './text-mask.js';
export { stricterMethod, textMask } from './text-mask.js';
export { Pseudonyms } from './methods/pseudonym.js';
export { redactedText } from './methods/redact.js';
