import type { DiagnosticFields } from '../messages.js';

const severities: ReadonlySet<string> = new Set([
  'ERROR',
  'FATAL',
  'PANIC',
  'WARNING',
  'NOTICE',
  'DEBUG',
  'INFO',
  'LOG',
]);
const failures: ReadonlySet<string> = new Set(['ERROR', 'FATAL', 'PANIC']);

/**
 * An error or notice without anything the target put into it: texts quote values, details quote rows, names of constraints
 * and code tell of data too. What remains tells a program what kind of thing happened and where in its own statement.
 */
export function scrubDiagnostic(fields: DiagnosticFields): DiagnosticFields {
  const severity = severities.has(fields['V'] ?? '') ? fields['V']! : 'ERROR';
  const scrubbed: Record<string, string> = {
    S: severity,
    V: severity,
    C: /^[0-9A-Z]{5}$/.test(fields['C'] ?? '') ? fields['C']! : 'XX000',
    M: failures.has(severity)
      ? 'the statement failed; the details are withheld because masked columns are in play'
      : 'the details of this message are withheld because masked columns are in play',
  };
  if (/^[0-9]{1,9}$/.test(fields['P'] ?? '')) scrubbed['P'] = fields['P']!;
  return scrubbed;
}
