import type { PostgresVersion } from '@sallyport/testing';
import { StackUnderTest } from '../../servers/use-stack.js';
import { attacks } from './attack.js';
import { connections } from './connect.js';
import { holds } from './hold.js';
import { masks } from './mask.js';
import { preparedStatements } from './prepared.js';
import { queries } from './query.js';

/** One installation for all of them; later ones find rows that earlier ones left or removed. */
export function everyVersion(version: PostgresVersion): void {
  describe(`PostgreSQL ${version}`, () => {
    // The way to the target is TLS with a verified certificate, as in production.
    const under = new StackUnderTest({ version, targetTls: true });
    describe('connections', () => connections(under));
    describe('masks', () => masks(under));
    describe('queries', () => queries(under));
    describe('prepared statements', () => preparedStatements(under));
    describe('holds', () => holds(under));
    // Last: they change the target's tables.
    describe('attacks', () => attacks(under));
  });
}
