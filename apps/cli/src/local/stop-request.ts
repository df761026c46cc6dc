/** How soon the death of the npm or npx that started us is noticed. */
const parentPollMs = 250;

export interface StopRequest {
  /** Resolves, once, with why this process is to stop. */
  readonly reason: Promise<string>;
  /** Stops listening, which otherwise keeps the process alive. */
  dispose(): void;
}

/**
 * Asks to stop: a signal, the end of the launcher (its IPC channel closes), or the end of the npm that ran us, which a
 * SIGKILL gives no chance to pass on.
 */
export function listenForStop(): StopRequest {
  let resolve: (reason: string) => void = () => undefined;
  const reason = new Promise<string>((settle) => (resolve = settle));
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onDisconnect = (): void => resolve('the launcher ended');
  for (const signal of signals) process.on(signal, resolve);
  if (process.connected) process.on('disconnect', onDisconnect);
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.env['npm_command'] !== undefined && process.ppid !== parent) resolve('the parent process ended');
  }, parentPollMs);
  return {
    reason,
    dispose: () => {
      clearInterval(timer);
      process.off('disconnect', onDisconnect);
      process.channel?.unref();
      // The signals stay caught: a second one must not cut what the first one began.
    },
  };
}
