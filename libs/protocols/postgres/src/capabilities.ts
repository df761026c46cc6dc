import type { Capabilities } from '@sallyport/enforcement';

/** The obligations that this protocol carries out. */
export const capabilities: Capabilities = {
  maskable: new Set(['mask']),
  masks: new Set(['redact', 'pseudonym', 'partial', 'null']),
};
