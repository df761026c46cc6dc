/** What a job does. Jobs may run twice, or late, or on any replica: handlers change things by compare-and-set. */
export type JobHandlers = Readonly<Record<string, (data: unknown) => Promise<void>>>;

/** One feature's jobs. Durable, but never the only guard: whatever a job does late is also checked where it matters. */
export interface JobQueue {
  /** A job with the id of one that still waits is the same job. */
  add(name: string, data: unknown, when: { readonly id: string; readonly delayMs: number }): Promise<void>;
  /** Runs `name` again and again, on one worker at a time. */
  every(name: string, intervalMs: number): Promise<void>;
  /** Starts working here. Once per queue and process. */
  work(handlers: JobHandlers): Promise<void>;
  close(): Promise<void>;
}

/** Makes the named queue; call it once per name and process. */
export type OpenQueue = (name: string) => JobQueue;

/** Injection token. */
export const OPEN_QUEUE = Symbol('OpenQueue');
