import { z } from 'zod';

/** RFC 9457. `code` is stable; what people read is not. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  errors: z.array(z.record(z.string(), z.unknown())).optional(),
});
export type Problem = z.infer<typeof problem>;
