/** Whom a client wants to be where: `RESOURCE` or `LOGIN+RESOURCE`. */
export interface UserName {
  readonly resource: string;
  /** The account on the target; undefined: the one that the resource is configured with. */
  readonly login?: string;
}

const resourceName = /^[a-z0-9](?:[a-z0-9_.@-]{0,126}[a-z0-9])?$/;
/** What useradd(8) accepts, and nothing that a shell or a path would read otherwise. */
const loginName = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/;

/** Undefined for whatever is not exactly one of the two forms: nothing is trimmed, folded or guessed. */
export function parseUserName(text: string): UserName | undefined {
  const plus = text.indexOf('+');
  const resource = text.slice(plus + 1);
  if (!resourceName.test(resource)) return undefined;
  if (plus < 0) return { resource };
  const login = text.slice(0, plus);
  return loginName.test(login) ? { resource, login } : undefined;
}
