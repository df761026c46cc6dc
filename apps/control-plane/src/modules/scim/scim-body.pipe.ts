import type { PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { describeIssues } from '../../platform/http/zod.pipe.js';
import { ScimError } from './scim-error.js';

/**
 * `@Body(new ScimBodyPipe(schema))`: what the schema makes of a SCIM body. Names of attributes are compared without regard to
 * case (RFC 7643 §2.1) and unknown ones fall away. Errors are SCIM's: `invalidSyntax`, `invalidValue`.
 */
export class ScimBodyPipe<Schema extends z.ZodType> implements PipeTransform<unknown, z.infer<Schema>> {
  constructor(private readonly schema: Schema) {}

  transform(body: unknown): z.infer<Schema> {
    const parsed = this.schema.safeParse(withKnownNames(typeof body === 'string' ? parseJson(body) : body));
    if (parsed.success) return parsed.data;
    const issues = describeIssues(parsed.error).map(({ path, reason }) => (path ? `${path}: ${reason}` : reason));
    throw new ScimError(400, issues.join('; '), 'invalidValue');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ScimError(400, 'The body is no JSON.', 'invalidSyntax');
  }
}

const names = [
  ...['userName', 'externalId', 'displayName', 'name', 'formatted', 'givenName', 'familyName', 'emails', 'active'],
  ...['value', 'type', 'primary', 'Operations', 'op', 'path'],
];
const spelling = new Map(names.map((name) => [name.toLowerCase(), name]));
const maxDepth = 8;

/** The known names as they are usually spelt. */
function withKnownNames(value: unknown, depth = 0): unknown {
  if (depth > maxDepth) throw new ScimError(400, 'The body is nested too deeply.', 'invalidSyntax');
  if (Array.isArray(value)) return value.map((item) => withKnownNames(item, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inside]) => {
    const usual = spelling.get(name.toLowerCase()) ?? name;
    return [usual, withKnownNames(inside, depth + 1)] as const;
  });
  if (new Set(entries.map(([name]) => name)).size < entries.length) {
    throw new ScimError(400, 'An attribute is given twice.', 'invalidSyntax');
  }
  return Object.fromEntries(entries);
}
