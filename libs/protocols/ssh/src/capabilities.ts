import type { Capabilities } from '@sallyport/enforcement';

export const capabilities: Capabilities = {
  maskable: new Set(['maskField']),
  masks: new Set(['redact', 'pseudonym', 'partial', 'null']),
};
