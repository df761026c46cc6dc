import type { PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { ProblemError } from './problem-error.js';

/** `@Body(new ZodPipe(schema))`: hands the handler what the schema made of the input, or answers 422 with every issue. */
export class ZodPipe<Schema extends z.ZodType> implements PipeTransform<unknown, z.infer<Schema>> {
  constructor(private readonly schema: Schema) {}

  transform(value: unknown): z.infer<Schema> {
    const parsed = this.schema.safeParse(value ?? {});
    if (parsed.success) return parsed.data;
    throw new ProblemError(422, 'invalid-request', 'The request does not have the expected shape.', {
      errors: describeIssues(parsed.error),
    });
  }
}

export interface DescribedIssue {
  /** `spec.upstream.port`; empty for the whole. */
  readonly path: string;
  readonly reason: string;
}

/** Issues name the place and the rule, never the value: it may be a secret. */
export function describeIssues(error: z.ZodError): DescribedIssue[] {
  return error.issues.map((issue) => ({ path: issue.path.map(String).join('.'), reason: issue.message }));
}
