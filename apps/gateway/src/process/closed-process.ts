/** Flags that open a way into the memory of the process, or write it down. Node takes `_` for `-`. */
const opening = /^--(inspect|heapsnapshot-|heap-prof|report-|experimental-report|abort-on-uncaught-exception|prof\b)/;

/**
 * The flags that this process was started with, or inherited, and that would show its memory: one line each. Everything
 * that the process protects is in there.
 */
export function openingFlags(execArgv: readonly string[], nodeOptions = ''): string[] {
  const given = [...execArgv, ...nodeOptions.split(/\s+/)].map((flag) => flag.replaceAll('_', '-').replaceAll('"', ''));
  const found = given.filter((flag) => opening.test(flag)).map((flag) => flag.split('=')[0]!);
  return [...new Set(found)].map(
    (flag) => `Node's ${flag}: shows or writes down the secrets in memory; start without it`,
  );
}

/** Node answers SIGUSR1 with an inspector for whoever runs as the same user; from here on with nothing. */
export function closeToInspectors(): void {
  process.on('SIGUSR1', () => undefined);
}
