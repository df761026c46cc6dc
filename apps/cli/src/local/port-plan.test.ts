import net, { type AddressInfo } from 'node:net';
import { portPlan, requireFreePorts } from './port-plan.js';

test('without a base the documented ports', () => {
  expect(portPlan()).toEqual({
    api: 7443,
    postgres: 7432,
    gatewayHealth: 7440,
    database: 7450,
    demoDatabase: 7451,
    demoIssuer: 7452,
    https: 7444,
    ssh: 7422,
    demoOrders: 7453,
    demoHost: 7454,
  });
});

test('with a base consecutive ports from it', () => {
  const ports = Object.values(portPlan(9000)).sort((a, b) => a - b);
  expect(ports).toEqual(Array.from({ length: 10 }, (_, index) => 9000 + index));
});

test.each([0, -1, 65534, 1.5, Number.NaN])('a base of %p is refused as usage', (base) => {
  expect(() => portPlan(base)).toThrow(expect.objectContaining({ exitCode: 2 }));
});

test('a taken port is named with what it is for', async () => {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await expect(requireFreePorts({ api: port })).rejects.toThrow(`${port} (api)`);
  await new Promise((resolve) => server.close(resolve));
  await expect(requireFreePorts({ api: port })).resolves.toBeUndefined();
});
