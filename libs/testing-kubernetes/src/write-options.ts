import type { ApiRequest } from './api-request.js';
import { firstOf } from './header-values.js';
import { StatusError } from './status-error.js';

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly manager: string;
  readonly validation: 'Strict' | 'Warn' | 'Ignore';
  readonly force: boolean;
}

/** @throws StatusError 422 for values the real server does not take */
export function writeOptionsOf(request: ApiRequest): WriteOptions {
  const dryRun = request.query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.some((value) => value !== 'All')) {
    throw new StatusError(
      422,
      'Invalid',
      `Invalid value: ${JSON.stringify(dryRun)}: dryRun: Unsupported value: supported values: "All"`,
    );
  }
  const validation = request.query.get('fieldValidation');
  if (validation && validation !== 'Strict' && validation !== 'Warn' && validation !== 'Ignore') {
    const supported = 'supported values: "Ignore", "Warn", "Strict"';
    throw new StatusError(422, 'Invalid', `fieldValidation: Unsupported value: "${validation}": ${supported}`);
  }
  const agent = (firstOf(request.headers, 'user-agent') ?? 'unknown').split('/')[0] ?? 'unknown';
  return {
    dryRun: dryRun.length > 0,
    manager: request.query.get('fieldManager') || agent,
    validation: (validation as WriteOptions['validation'] | null | '') || 'Warn',
    force: request.query.get('force') === 'true',
  };
}
