/** What a token may be used for; absent: whatever policy permits. */
export interface TokenBounds {
  readonly resources?: readonly string[] | undefined;
  readonly actions?: readonly string[] | undefined;
}

/**
 * Bounds of a token made from tokens with these bounds, by one who asks for those. Undefined when more is asked for than
 * there is, or nothing would be left: a narrow token never makes a wider one.
 */
export function narrowed(
  given: readonly TokenBounds[],
  asked: TokenBounds,
): { readonly ok: true; readonly bounds: TokenBounds } | { readonly ok: false; readonly excess: keyof TokenBounds } {
  const resources = narrowList(
    given.map((bounds) => bounds.resources),
    asked.resources,
  );
  const actions = narrowList(
    given.map((bounds) => bounds.actions),
    asked.actions,
  );
  if (resources === 'excess') return { ok: false, excess: 'resources' };
  if (actions === 'excess') return { ok: false, excess: 'actions' };
  return { ok: true, bounds: { ...(resources && { resources }), ...(actions && { actions }) } };
}

type Names = readonly string[] | undefined;

function narrowList(given: readonly Names[], asked: Names): Names | 'excess' {
  let left: Names;
  for (const names of given) {
    const before: Names = left;
    left = names && (before ? names.filter((name) => before.includes(name)) : names);
    left ??= before;
  }
  if (left?.length === 0) return 'excess';
  if (!asked || !left) return asked ?? left;
  const limit = left;
  return asked.every((name) => limit.includes(name)) ? asked : 'excess';
}
