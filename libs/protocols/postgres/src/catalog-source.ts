import { performance } from 'node:perf_hooks';
import type { CatalogView, Classification } from './classification.js';
import { catalogSearchPath, type SqlDialect, type TextRows } from './dialect.js';
import { UpstreamClient, type Target } from './upstream.js';

/** How often the target is asked whether its catalog changed. Milliseconds. */
const pollMs = 1000;
/** A catalog that could not be confirmed for this long is not judged by any more. Milliseconds. */
const maxAgeMs = 10_000;
/** How long the connection stays after the last session left. Milliseconds. */
const lingerMs = 30_000;
const queryTimeoutMs = 15_000;
const settings = new Map([
  ['search_path', catalogSearchPath],
  ['application_name', 'sallyport catalog'],
]);

/**
 * The committed catalog of one resource, shared by its sessions. Polled while there are any, on a connection of its own;
 * whoever knows of a change asks for a refresh instead of waiting for the poll.
 */
export class CatalogSource {
  #client: UpstreamClient | undefined;
  #fingerprint = '';
  #view: CatalogView | undefined;
  #confirmedAt = -Infinity;
  #users = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(
    private readonly target: Target,
    readonly dialect: SqlDialect,
    readonly classification: Classification,
    private readonly onUnused: () => void,
  ) {}

  acquire(): void {
    this.#users += 1;
    if (this.#users === 1) this.#schedule(pollMs);
  }

  release(): void {
    this.#users -= 1;
    if (this.#users === 0) this.#schedule(lingerMs);
  }

  /** Undefined when the target has not confirmed it lately: then nothing may be judged by it. */
  current(): CatalogView | undefined {
    return performance.now() - this.#confirmedAt <= maxAgeMs ? this.#view : undefined;
  }

  /** For a session that starts: what was confirmed within the last poll will do. */
  async refreshSoon(): Promise<void> {
    if (!this.#view || performance.now() - this.#confirmedAt > 2 * pollMs) await this.refresh();
  }

  /** Resolves when the catalog is as the target had it after this call; rejects when it cannot be read. */
  refresh(): Promise<void> {
    if (!this.#running) return this.#start();
    // The check under way may have asked before the change that the caller knows of: another one follows it.
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#start();
      });
    return this.#next;
  }

  #start(): Promise<void> {
    const running = this.#check().finally(() => (this.#running = undefined));
    this.#running = running;
    return running;
  }

  async #check(): Promise<void> {
    const kept = this.#client;
    try {
      await this.#ask();
    } catch (error) {
      // A connection that was fine a second ago may have been ended by the target since: that alone refuses nobody.
      if (!kept) throw error;
      await this.#ask();
    }
  }

  async #ask(): Promise<void> {
    const deadline = setTimeout(() => this.#client?.socket.destroy(), queryTimeoutMs);
    try {
      this.#client ??= await UpstreamClient.connect(this.target, settings, AbortSignal.timeout(queryTimeoutMs));
      const client = this.#client;
      client.socket.unref(); // sessions keep the process alive, not this
      const askedAt = performance.now();
      const [row] = await client.query(this.dialect.fingerprintQuery);
      const fingerprint = JSON.stringify(row);
      if (fingerprint !== this.#fingerprint || !this.#view) {
        const catalog = this.dialect.buildCatalog(await this.#read(client));
        if (catalog.revision !== this.#view?.catalog.revision) this.#view = this.classification.view(catalog);
        this.#fingerprint = fingerprint;
      }
      this.#confirmedAt = askedAt;
    } catch (error) {
      this.#client?.socket.destroy();
      this.#client = undefined;
      throw error;
    } finally {
      clearTimeout(deadline);
    }
  }

  /** All of it as of one moment. */
  async #read(client: UpstreamClient): Promise<TextRows[]> {
    const answers: TextRows[] = [];
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    for (const text of this.dialect.catalogQueries) answers.push(await client.query(text));
    await client.query('COMMIT');
    return answers;
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#poll(), delayMs);
    this.#timer.unref();
  }

  #poll(): void {
    if (this.#users === 0) {
      this.#client?.close();
      this.#client = undefined;
      this.onUnused();
      return;
    }
    // A failure shows by itself: the view grows too old to be judged by.
    void this.refresh()
      .catch(() => undefined)
      .then(() => this.#schedule(this.#users === 0 ? lingerMs : pollMs));
  }
}
