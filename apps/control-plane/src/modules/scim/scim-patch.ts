import type { ScimPatch } from '@sallyport/api-contract';
import { scimSchemas, scimUserInput } from '@sallyport/api-contract';
import { ScimError } from './scim-error.js';
import type { ScimPerson } from './scim-person.js';
import { mainEmail } from './scim-person.js';

type Verb = 'add' | 'replace' | 'remove';

/** A person under way to what the operations make of them. */
interface Draft {
  readonly externalId: string;
  person: ScimPerson;
}

/**
 * RFC 7644 §3.5.2, in the shapes that directories send: a path or none, `Replace` with a capital, `"False"` for false. What
 * this server does not keep is passed over; what it cannot read is refused, and then nothing of the request is done.
 * @throws ScimError
 */
export function patchPerson(before: ScimPerson & { readonly externalId: string }, patch: ScimPatch): ScimPerson {
  const { externalId, ...person } = before;
  const draft: Draft = { externalId, person };
  for (const { op, path, value } of patch.Operations) {
    const verb = verbOf(op);
    if (path !== undefined) apply(draft, verb, { path, value });
    else for (const [name, inside] of membersOf(verb, value)) apply(draft, verb, { path: name, value: inside });
  }
  return draft.person;
}

function verbOf(op: string): Verb {
  const lower = op.toLowerCase();
  if (lower === 'add' || lower === 'replace' || lower === 'remove') return lower;
  throw new ScimError(400, 'An operation is add, replace or remove.', 'invalidSyntax');
}

function membersOf(verb: Verb, value: unknown): [string, unknown][] {
  if (verb === 'remove') throw new ScimError(400, 'What to remove is named by a path.', 'noTarget');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ScimError(400, 'An operation without path has an object as its value.', 'invalidValue');
  }
  return Object.entries(value);
}

/** `attribute`, `attribute.sub`, `attribute[type eq "work"].sub`. */
const pathForm = /^([a-z][\w$-]*)(?:\[\s*([a-z]+)\s+eq\s+("[^"\\]*"|true|false)\s*\])?(?:\.([a-z][\w$-]*))?$/i;

function apply(draft: Draft, verb: Verb, { path, value }: { path: string; value: unknown }): void {
  // Extensions (RFC 7643 §3.3) hold nothing that is kept here.
  if (/^urn:/i.test(path) && !path.toLowerCase().startsWith(userPrefix)) return;
  const match = pathForm.exec(path.replace(new RegExp(`^${userPrefix}`, 'i'), ''));
  if (!match) throw new ScimError(400, 'A path cannot be read.', 'invalidPath');
  const [, attribute, filtered, wanted, sub] = match;
  const given = verb === 'remove' ? null : value;
  switch (attribute!.toLowerCase()) {
    case 'active':
      return change(draft, { active: truth(given) });
    case 'username':
      return change(draft, { userName: parse('userName', given) });
    case 'externalid':
      if (given === draft.externalId) return;
      throw new ScimError(400, 'externalId is who the person is; it does not change.', 'mutability');
    case 'displayname':
      return change(draft, { displayName: parse('displayName', given) ?? null });
    case 'emails':
      return changeEmail(draft, { verb, given, sub, which: filtered && `${filtered} ${wanted}`.toLowerCase() });
    default:
  }
}

const userPrefix = `${scimSchemas.user}:`.toLowerCase();

function change(draft: Draft, part: Partial<ScimPerson>): void {
  draft.person = { ...draft.person, ...part };
}

/** Entra sends `"True"` and `"False"` unless it is told to keep to the RFC; nothing else is taken for a truth. */
function truth(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 'True' || value === 'true') return true;
  if (value === 'False' || value === 'false') return false;
  throw new ScimError(400, 'active is true or false.', 'invalidValue');
}

interface EmailChange {
  readonly verb: Verb;
  readonly given: unknown;
  readonly sub: string | undefined;
  /** `type "work"`; undefined: all of them. */
  readonly which: string | undefined;
}

/** One address is kept: the one for work, or the primary one. */
function changeEmail(draft: Draft, { verb, given, sub, which }: EmailChange): void {
  if (which !== undefined && which !== 'type "work"' && which !== 'primary true') return;
  if (sub !== undefined && sub.toLowerCase() !== 'value') return;
  if (verb === 'remove') return change(draft, { email: null });
  const emails = typeof given === 'string' ? [{ value: given }] : Array.isArray(given) ? given : [given];
  change(draft, { email: mainEmail(parse('emails', emails) ?? []) });
}

function parse<Name extends 'userName' | 'displayName' | 'emails'>(name: Name, value: unknown) {
  const parsed = scimUserInput.shape[name].safeParse(value);
  if (!parsed.success) throw new ScimError(400, `${name} does not have the expected form.`, 'invalidValue');
  return parsed.data as ReturnType<(typeof scimUserInput.shape)[Name]['parse']>;
}
