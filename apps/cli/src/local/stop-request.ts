export interface StopRequest {
  /** Resolves, once, with why this process is to stop. */
  readonly reason: Promise<string>;
  /** Stops listening, which otherwise keeps the process alive. */
  dispose(): void;
}

/** Asks to stop: a signal, or the end of the launcher, however it ended: its IPC channel closes. */
export function listenForStop(): StopRequest {
  let resolve: (reason: string) => void = () => undefined;
  const reason = new Promise<string>((settle) => (resolve = settle));
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onDisconnect = (): void => resolve('the launcher ended');
  for (const signal of signals) process.on(signal, resolve);
  if (process.connected) process.on('disconnect', onDisconnect);
  return {
    reason,
    dispose: () => {
      process.off('disconnect', onDisconnect);
      process.channel?.unref();
      // The signals stay caught: a second one must not cut what the first one began.
    },
  };
}
