import type { Manifest, ManifestError } from '@sallyport/api-contract';
import { manifest } from '@sallyport/api-contract';
import { LineCounter, parseAllDocuments } from 'yaml';
import { describeIssues } from '../../platform/http/zod.pipe.js';

export interface ManifestDocument {
  /** Position in the stream, from 1; empty documents count and are passed over. */
  readonly document: number;
  readonly manifest: Manifest;
}
export type ParsedManifests =
  | { readonly ok: true; readonly documents: readonly ManifestDocument[] }
  | { readonly ok: false; readonly errors: readonly ManifestError[] };

const maxDocuments = 20_000;
/** Enough for people; too few for a document that grows when its aliases are followed. */
const maxAliases = 100;

interface RawDocument {
  readonly document: number;
  readonly value: unknown;
}

/** A YAML stream. Reasons say where and why, never what stands there: it may be a password. */
export function parseYamlManifests(text: string): ParsedManifests {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, version: '1.2' });
  const errors: ManifestError[] = [];
  const values: RawDocument[] = [];
  for (const [index, one] of (Array.isArray(parsed) ? parsed : []).entries()) {
    const document = index + 1;
    const problems = [...one.errors, ...one.warnings];
    for (const problem of problems) {
      const { line, col } = lines.linePos(problem.pos[0]);
      errors.push({ document, path: '', reason: `not valid YAML at line ${line}, column ${col} (${problem.code})` });
    }
    if (problems.length > 0) continue;
    try {
      values.push({ document, value: one.toJS({ maxAliasCount: maxAliases }) });
    } catch {
      errors.push({ document, path: '', reason: 'an alias is unknown, or there are too many' });
    }
  }
  return errors.length > 0 ? { ok: false, errors } : checkManifests(values);
}

/** One manifest, or a list of them. */
export function parseJsonManifests(body: unknown): ParsedManifests {
  const values = Array.isArray(body) ? (body as unknown[]) : [body];
  return checkManifests(values.map((value, index) => ({ document: index + 1, value })));
}

function checkManifests(raw: readonly RawDocument[]): ParsedManifests {
  if (raw.length > maxDocuments) {
    return {
      ok: false,
      errors: [{ document: maxDocuments + 1, path: '', reason: `more than ${maxDocuments} documents` }],
    };
  }
  const errors: ManifestError[] = [];
  const documents: ManifestDocument[] = [];
  for (const { document, value } of raw) {
    if (value === null || value === undefined) continue;
    const checked = manifest.safeParse(value);
    if (checked.success) documents.push({ document, manifest: checked.data });
    else errors.push(...describeIssues(checked.error).map((issue) => ({ document, ...issue })));
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, documents };
}
