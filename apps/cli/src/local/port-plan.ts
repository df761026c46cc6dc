import net from 'node:net';
import { CliError, exitCodes } from '../exit-codes.js';

/** The ports of one machine's Sallyport, all on 127.0.0.1. */
export interface PortPlan {
  readonly api: number;
  readonly postgres: number;
  readonly gatewayHealth: number;
  readonly database: number;
  readonly demoDatabase: number;
  readonly demoIssuer: number;
  readonly https: number;
  readonly ssh: number;
  readonly demoOrders: number;
  readonly demoHost: number;
}

const defaults: PortPlan = {
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
};

/** The documented ports, or consecutive ones from `base`. Throws CliError on a base that leaves no room. */
export function portPlan(base?: number): PortPlan {
  if (base === undefined) return defaults;
  const names = Object.keys(defaults) as (keyof PortPlan)[];
  if (!Number.isInteger(base) || base < 1 || base + names.length - 1 > 65535) {
    throw new CliError(`--port-base must be a port from 1 to ${65536 - names.length}`, exitCodes.usage);
  }
  return Object.fromEntries(names.map((name, index) => [name, base + index])) as unknown as PortPlan;
}

/** Throws CliError that lists every port of the plan that somebody else listens on. */
export async function requireFreePorts(ports: Partial<PortPlan>): Promise<void> {
  const taken: string[] = [];
  for (const [name, port] of Object.entries(ports)) {
    if (!(await isFree(port))) taken.push(`${port} (${name})`);
  }
  if (taken.length === 0) return;
  throw new CliError(
    `already in use: port ${taken.join(', port ')}; choose others with --port-base`,
    exitCodes.conflict,
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
