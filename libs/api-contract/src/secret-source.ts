import { z } from 'zod';

/** Where a secret comes from. `env` and `file` are read by the control plane, once, when this is applied. */
export const secretSource = z.union(
  [
    z.strictObject({ value: z.string().min(1).max(16_384) }),
    z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/) }),
    z.strictObject({ file: z.string().min(1).max(4096) }),
  ],
  { error: 'must be exactly one of {value: TEXT}, {env: NAME} and {file: PATH}' },
);
export type SecretSource = z.infer<typeof secretSource>;
