import { createHmac } from 'node:crypto';
import type { MaskMethod } from '@sallyport/domain';
import { redactedText, textMask, type Pseudonyms } from '@sallyport/masking';
import type { JsonValue } from '../request/json-value.js';
import type { ValueForm } from './classification.js';

/** What stands in place of a classified scalar. */
export type Replacement = (value: JsonValue, form: ValueForm) => JsonValue;

/** Masks by a method; keeps the type where it can, so that clients can still read the object. */
export function maskReplacement(method: MaskMethod, pseudonyms: Pseudonyms): Replacement {
  const mask = textMask(method, pseudonyms);
  return (value, form) => {
    if (typeof value === 'boolean') return method === 'null' ? null : false;
    if (typeof value !== 'string') return value === null || method === 'null' ? null : 0;
    if (form === 'text') return mask(Buffer.from(value), 0, Buffer.byteLength(value))?.toString() ?? null;
    const bytes = Buffer.from(value, 'base64');
    // A map of bytes has no null; the empty value says as little.
    return mask(bytes, 0, bytes.length)?.toString('base64') ?? '';
  };
}

/**
 * For what reviewers read and recordings keep: tells whether two values are equal, and nothing else about them.
 * @param key without it, a short secret could be found by trying
 */
export function digestReplacement(key: Uint8Array): Replacement {
  return (value) => {
    if (value === null || typeof value === 'boolean') return value;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `digest:${createHmac('sha256', key).update(`sallyport review ${text}`).digest('hex').slice(0, 12)}`;
  };
}

const stableStandIn = /^(?:p_[0-9a-f]{16}|u_[0-9a-f]{16}@masked\.invalid|\*{4}.{4})$/su;

/** True for what a mask leaves behind: written back, it would destroy the value that it stood for. */
export function isStandIn(value: JsonValue, form: ValueForm): boolean {
  if (typeof value !== 'string') return false;
  const text = form === 'text' ? value : Buffer.from(value, 'base64').toString();
  return text === redactedText || stableStandIn.test(text);
}
