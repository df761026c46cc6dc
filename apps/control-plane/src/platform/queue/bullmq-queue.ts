import { createPostgresBackend, Queue, withBackend, Worker, type Job } from 'bullmq';
import type { JobHandlers, JobQueue } from './job-queue.js';

export interface QueueOptions {
  readonly databaseUrl: string;
  /** Jobs are kept there instead of in the database. */
  readonly redisUrl?: string | undefined;
  readonly onError: (error: unknown, what: string) => void;
}

type AnyQueue = Pick<Queue, 'add' | 'upsertJobScheduler' | 'close' | 'waitUntilReady'> & EventSource;
type AnyWorker = Pick<Worker, 'close' | 'waitUntilReady'> & EventSource;
interface EventSource {
  on(event: 'error', listener: (error: Error) => void): unknown;
}
type Process = (job: Job) => Promise<void>;

const jobOptions = {
  attempts: 5,
  backoff: { type: 'fixed', delay: 1_000 },
  removeOnComplete: true,
  removeOnFail: { age: 24 * 3600 },
} as const;
/** The longest delay that a timer takes; a job that is due later is looked at again then. Milliseconds. */
const maxDelayMs = 2 ** 31 - 1;

export function openBullMqQueue(name: string, options: QueueOptions): JobQueue {
  const backend = options.redisUrl === undefined ? onPostgres(options.databaseUrl) : onRedis(options.redisUrl);
  return new BullMqQueue(name, backend, options.onError);
}

interface Backend {
  queue(name: string): AnyQueue;
  worker(name: string, process: Process): AnyWorker;
}

/** In a schema of its own, brought up to date by BullMQ itself under its own lock. */
function onPostgres(connectionString: string): Backend {
  const classes = withBackend(createPostgresBackend);
  // Each feature has a queue and a worker of its own on every replica: few connections each, or the server runs out.
  const connection = (max: number) => ({ connectionString, migrate: true, max, application_name: 'sallyport-queue' });
  return {
    queue: (name) => new classes.Queue(name, { connection: connection(1) }) as AnyQueue,
    worker: (name, process) =>
      new classes.Worker(name, process as never, { connection: connection(2), concurrency: 4 }) as AnyWorker,
  };
}

function onRedis(url: string): Backend {
  return {
    queue: (name) => new Queue(name, { connection: { url }, prefix: 'sallyport' }),
    // BullMQ: a worker's blocking connection must wait for Redis as long as it takes.
    worker: (name, process) =>
      new Worker(name, process, {
        connection: { url, maxRetriesPerRequest: null },
        prefix: 'sallyport',
        concurrency: 4,
      }),
  };
}

class BullMqQueue implements JobQueue {
  readonly #queue: AnyQueue;
  #worker: AnyWorker | undefined;

  constructor(
    private readonly name: string,
    private readonly backend: Backend,
    private readonly onError: QueueOptions['onError'],
  ) {
    this.#queue = backend.queue(name);
    this.#queue.on('error', (error) => onError(error, `queue ${name}`));
  }

  async add(name: string, data: unknown, when: { readonly id: string; readonly delayMs: number }): Promise<void> {
    const delay = Math.min(Math.max(0, Math.ceil(when.delayMs)), maxDelayMs);
    await this.#queue.add(name, data, { ...jobOptions, jobId: when.id, delay });
  }

  async every(name: string, intervalMs: number): Promise<void> {
    await this.#queue.upsertJobScheduler(name, { every: intervalMs }, { name, data: null, opts: jobOptions });
  }

  async work(handlers: JobHandlers): Promise<void> {
    if (this.#worker) throw new Error(`queue ${this.name} is worked on already`);
    this.#worker = this.backend.worker(this.name, async (job) => {
      const handler = handlers[job.name];
      if (!handler) throw new Error(`no handler for job ${job.name}`);
      await handler(job.data);
    });
    this.#worker.on('error', (error) => this.onError(error, `worker ${this.name}`));
    await this.#worker.waitUntilReady();
  }

  async close(): Promise<void> {
    await this.#worker?.close();
    await this.#queue.close();
  }
}
