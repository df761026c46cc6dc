/** How soon the death of the npm or npx that started us is noticed. */
const parentPollMs = 250;

/**
 * Resolves, with the reason, when this process is to stop: a signal, the end of the launcher (its IPC channel closes),
 * or the end of the npm that ran us, which a SIGKILL gives no chance to pass on.
 */
export function untilToldToStop(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
    if (process.connected) process.on('disconnect', () => resolve('the launcher ended'));
    if (process.env['npm_command'] === undefined) return;
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && resolve('the parent process ended'), parentPollMs).unref();
  });
}
