import { CanaryScanner } from '@sallyport/testing';
import { RawPostgres } from '../clients/raw-postgres.js';
import type { PsqlTarget } from '../clients/psql.js';
import { sql, type Account } from './shop.js';
import { startStack, type Stack, type StackOptions } from './stack.js';

/** One installation for the tests of a describe block, and what they ask of it. */
export class StackUnderTest {
  #stack: Stack | undefined;

  constructor(options: StackOptions) {
    beforeAll(async () => {
      this.#stack = await startStack(options);
    }, 120_000);
    afterAll(async () => {
      await this.#stack?.stop();
    }, 60_000);
  }

  get stack(): Stack {
    if (!this.#stack) throw new Error('the installation did not start');
    return this.#stack;
  }

  psql(account: Account, over: Partial<PsqlTarget> = {}): PsqlTarget {
    const { gatewayPort, caFile, keys } = this.stack;
    return { port: gatewayPort, caFile, token: keys[account], ...over };
  }

  raw(account: Account, parameters: Readonly<Record<string, string>> = {}): Promise<RawPostgres> {
    const { gatewayPort, ca, keys } = this.stack;
    return RawPostgres.connect({ port: gatewayPort, ca, token: keys[account], parameters });
  }

  /** Configuration of node-postgres. */
  pg(account: Account): Readonly<Record<string, unknown>> {
    const { gatewayPort, ca, keys } = this.stack;
    return {
      host: '127.0.0.1',
      port: gatewayPort,
      database: 'shop',
      user: 'anyone',
      password: keys[account],
      ssl: { ca, servername: 'localhost' },
    };
  }

  /** Straight at the target. */
  async onTarget<Value>(text: string): Promise<Value> {
    const [row] = await sql<Record<string, Value>>(this.stack.target.url, text);
    return Object.values(row!)[0]!;
  }

  /** What the target was asked to run, as its own log has it. */
  get targetLog(): string {
    return this.stack.target.log();
  }

  /** No planted value, in no disguise, in anything a client received. */
  expectNoCanary(output: string | Uint8Array): void {
    expect(new CanaryScanner(this.stack.shop.canaries).scan(output)).toEqual([]);
  }

  approve(id: string, account: Account = 'reviewer', comment = 'looked at it'): Promise<unknown> {
    return this.stack.api.as(this.stack.keys[account]).expect('POST', `/v1/approvals/${id}/approve`, { comment });
  }

  async approval(id: string): Promise<Record<string, unknown>> {
    return this.stack.api.expect('GET', `/v1/approvals/${id}`);
  }
}
