import { z } from 'zod';
import { objectName, pageOf, storedFields } from './names.js';

/** One or more Cedar statements: see the policy language's own page. */
const cedar = z.string().min(1).max(65_536);

export const policySpec = z.strictObject({ cedar });
export type PolicySpec = z.infer<typeof policySpec>;

export const newPolicy = policySpec.extend({ name: objectName });

export const policy = z.strictObject({ name: objectName, cedar, ...storedFields });
export type Policy = z.infer<typeof policy>;
export const policyPage = pageOf(policy);
