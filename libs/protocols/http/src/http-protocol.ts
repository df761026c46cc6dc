import type { HttpProtocol } from '@sallyport/http-core';
import { credentialOf } from './credential.js';
import { problemResponse } from './refusal.js';
import { HttpResourceTarget } from './target/http-target.js';

/** HTTP resources, reached under `/http/RESOURCE/...`. */
export function createHttpProtocol(): HttpProtocol {
  return {
    protocol: 'http',
    prefix: 'http',
    capabilities: {
      maskable: new Set(['maskField'] as const),
      masks: new Set(['redact', 'pseudonym', 'partial', 'null'] as const),
    },
    credentialOf,
    target: (binding, services) => new HttpResourceTarget(binding, services),
    refusal: problemResponse,
  };
}
