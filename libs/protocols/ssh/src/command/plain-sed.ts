const flags = /^(?:-[nErzsu]+|--(?:quiet|silent|regexp-extended|null-data|separate|unbuffered|debug))$/;
/** Lines by number or pattern, printed or left out; or one substitution that does nothing with its result but show it. */
const lines = /^(?:\d+|\$|\/[^/;{}]*\/)?(?:,(?:\d+|\$|\/[^/;{}]*\/))?[pdq=]$/;
const substitution = /^s([/|,#:@])(?:(?!\1)[^;{}])*\1(?:(?!\1)[^;{}])*\1[gIp0-9]*$/;

/** GNU sed can run commands (`e`, `s///e`) and write files (`w`): only scripts without are known to be harmless. */
export function plainSed(args: readonly string[]): boolean {
  const rest = [...args];
  while (rest.length > 0 && flags.test(rest[0]!)) rest.shift();
  const [script = '', ...files] = rest;
  if (!lines.test(script) && !substitution.test(script)) return false;
  return files.every((file) => !file.startsWith('-'));
}
