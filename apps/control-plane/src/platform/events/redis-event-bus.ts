import { Redis } from 'ioredis';
import { busResumed, type EventBus } from './event-bus.js';
import { eventText, TopicHandlers } from './topic-handlers.js';

const channel = 'sallyport:events';

export interface RedisEventBusOptions {
  readonly url: string;
  readonly onError: (error: unknown, what: string) => void;
}

/** Redis pub/sub: a connection in subscriber mode, and one that publishes. ioredis reconnects and subscribes again. */
export class RedisEventBus implements EventBus {
  readonly #topics: TopicHandlers;
  #subscribed = false;

  private constructor(
    private readonly publisher: Redis,
    private readonly subscriber: Redis,
    options: RedisEventBusOptions,
  ) {
    this.#topics = new TopicHandlers(options.onError);
    publisher.on('error', (error: unknown) => options.onError(error, 'publishing connection'));
    subscriber.on('error', (error: unknown) => options.onError(error, 'listening connection'));
    subscriber.on('message', (_channel: string, text: string) => this.#topics.deliverText(text));
    subscriber.on('ready', () => {
      // The first time nobody has missed anything. Subscribing again here is harmless and says when it is in force.
      if (!this.#subscribed) return;
      subscriber.subscribe(channel).then(
        () => this.#topics.deliver(busResumed, null),
        (error: unknown) => options.onError(error, 'listening again'),
      );
    });
  }

  /** Resolves when listening; rejects when Redis cannot be reached at all. */
  static async start(options: RedisEventBusOptions): Promise<RedisEventBus> {
    const connect = (): Redis =>
      new Redis(options.url, {
        lazyConnect: true,
        maxRetriesPerRequest: 2,
        connectTimeout: 5_000,
        retryStrategy: (attempt) => Math.min(100 * attempt, 2_000),
      });
    const bus = new RedisEventBus(connect(), connect(), options);
    try {
      await Promise.all([bus.publisher.connect(), bus.subscriber.connect()]);
      await bus.subscriber.subscribe(channel);
      bus.#subscribed = true;
    } catch (error) {
      await bus.close();
      throw error;
    }
    return bus;
  }

  async publish(topic: string, payload: unknown): Promise<void> {
    await this.publisher.publish(channel, eventText(topic, payload));
  }

  subscribe(topic: string, handler: (payload: unknown) => void): () => void {
    return this.#topics.add(topic, handler);
  }

  async close(): Promise<void> {
    this.publisher.disconnect();
    this.subscriber.disconnect();
    await Promise.resolve();
  }
}
