import type { ApiError } from '@sallyport/api-client';

/** The `errors` of a problem document, one line each: `document 2, spec.upstream.port: must be a number`. */
export function problemLines(error: ApiError): string[] {
  const { errors } = (error.problem ?? {}) as { errors?: unknown };
  if (!Array.isArray(errors)) return [];
  return errors.map((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) return String(entry);
    const { document, path, reason, message, ...rest } = entry as Record<string, unknown>;
    const where = [document === undefined ? '' : `document ${String(document)}`, path].filter(Boolean).join(', ');
    const text = reason ?? message ?? JSON.stringify(rest);
    return where === '' ? String(text) : `${where}: ${String(text)}`;
  });
}
