import { ci, heldExchange, local, startParts, type Parts } from '../../testing/control-plane-parts.js';
import { eventually } from '../../testing/eventually.js';

let parts: Parts;
beforeAll(async () => {
  parts = await startParts({ worker: 'inline' });
  parts.principals.set(ci);
}, 60_000);
afterAll(() => parts.stop());

test('AP-05: an approval that nobody decides expires by itself, and its gateway is told', async () => {
  const told: unknown[] = [];
  parts.bus.subscribe('approval.resolved', (payload) => told.push(payload));
  const exchange = heldExchange({ expiresInSeconds: 1 });
  await parts.intake.hold(local, exchange);
  expect((await parts.queries.get(exchange.id)).state).toBe('pending');
  await eventually(() => told.length === 1);
  expect(told).toEqual([{ gateway: 'local', approvalId: exchange.id }]);
  const [row] = await parts.dataSource.query<{ state: string }[]>('SELECT state FROM approvals WHERE id = $1', [
    exchange.id,
  ]);
  expect(row!.state).toBe('expired');
}, 20_000);
