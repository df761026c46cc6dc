import type { Principal } from '@sallyport/domain';
import { apiAction, apiVerbs } from '../language/api-schema.js';
import type { PolicySource } from '../language/policy-source.js';

/** The groups that the built-in policies speak of. */
export const builtInGroups = ['admins', 'auditors'] as const;

const everyVerb = apiVerbs.map((verb) => `${apiAction}::"${verb}"`).join(', ');

/** Always there. The parentheses keep their names apart from any that a policy can have. */
export const administratorsPolicies: readonly PolicySource[] = [
  { name: '(admins)', cedar: `permit (principal in Group::"admins", action in [${everyVerb}], resource);` },
  { name: '(auditors)', cedar: `permit (principal in Group::"auditors", action == ${apiAction}::"read", resource);` },
];

/** An agent is an administrator only when the person it acts for is one too. */
export function isAdministrator({ groups, actsFor }: Principal): boolean {
  return groups.includes('admins') && (actsFor === undefined || isAdministrator(actsFor));
}
