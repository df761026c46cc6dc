import { Client, Pool } from 'pg';
import { busResumed, type EventBus } from './event-bus.js';
import { eventText, TopicHandlers } from './topic-handlers.js';

const channel = 'sallyport_events';
/** PostgreSQL refuses payloads of 8000 bytes and more (sql-notify). */
const maxPayloadBytes = 7999;
const firstRetryMs = 100;
const maxRetryMs = 2_000;
const probeEveryMs = 5_000;
const probeTimeoutMs = 3_000;

export interface PostgresEventBusOptions {
  readonly url: string;
  readonly onError: (error: unknown, what: string) => void;
}

/** LISTEN/NOTIFY: one connection that only listens and comes back by itself, and a small pool that publishes. */
export class PostgresEventBus implements EventBus {
  readonly #topics: TopicHandlers;
  readonly #pool: Pool;
  #listener: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retryMs = firstRetryMs;
  #closed = false;

  private constructor(private readonly options: PostgresEventBusOptions) {
    this.#topics = new TopicHandlers(options.onError);
    this.#pool = new Pool({ connectionString: options.url, max: 2, connectionTimeoutMillis: 5_000 });
    this.#pool.on('error', (error) => options.onError(error, 'publishing connection'));
  }

  /** Resolves when listening; rejects when the database cannot be reached at all. */
  static async start(options: PostgresEventBusOptions): Promise<PostgresEventBus> {
    const bus = new PostgresEventBus(options);
    try {
      await bus.#listen();
    } catch (error) {
      await bus.close();
      throw error;
    }
    return bus;
  }

  async publish(topic: string, payload: unknown): Promise<void> {
    const text = eventText(topic, payload);
    if (Buffer.byteLength(text) > maxPayloadBytes) throw new RangeError(`event ${topic} is too large: send ids only`);
    await this.#pool.query('SELECT pg_notify($1, $2)', [channel, text]);
  }

  subscribe(topic: string, handler: (payload: unknown) => void): () => void {
    return this.#topics.add(topic, handler);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    const listener = this.#listener;
    this.#listener = undefined;
    await Promise.allSettled([listener?.end(), this.#pool.end()]);
  }

  async #listen(): Promise<void> {
    const client = new Client({
      connectionString: this.options.url,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      query_timeout: probeTimeoutMs,
      application_name: 'sallyport-events',
    });
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, new Error('the listening connection ended')));
    client.on('notification', (message) => this.#topics.deliverText(message.payload ?? ''));
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
    if (this.#closed) return void client.end().catch(() => undefined);
    this.#listener = client;
    this.#retryMs = firstRetryMs;
    this.#probeLater(client);
  }

  /** A peer that vanished without a word (half-open TCP) is noticed by a question it does not answer. */
  #probeLater(client: Client): void {
    this.#timer = setTimeout(() => {
      client.query('SELECT 1').then(
        () => this.#listener === client && this.#probeLater(client),
        (error: unknown) => this.#lost(client, error),
      );
    }, probeEveryMs);
    this.#timer.unref();
  }

  #lost(client: Client, error: unknown): void {
    if (this.#listener !== client) return;
    this.#listener = undefined;
    clearTimeout(this.#timer);
    this.options.onError(error, 'listening connection');
    void client.end().catch(() => undefined);
    this.#retryLater();
  }

  #retryLater(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#listen().then(
        () => this.#topics.deliver(busResumed, null),
        (error: unknown) => {
          this.options.onError(error, 'listening again');
          this.#retryLater();
        },
      );
    }, this.#retryMs);
    this.#timer.unref();
    this.#retryMs = Math.min(this.#retryMs * 2, maxRetryMs);
  }
}
