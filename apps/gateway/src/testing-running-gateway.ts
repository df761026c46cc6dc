import { connect, type Socket } from 'node:net';
import type { PolicySnapshot } from '@sallyport/gateway-contract';
import { Gateway } from './gateway.js';
import type { CompilePolicies } from './policy/judge.js';
import { eventually, TestingControlPlane } from './testing-control-plane.js';
import { compileWords, LineAdapter, silentLog, temporaryDirectory, testConfig } from './testing-gateway.js';

/** For tests: a whole gateway with the line protocol, against the control plane under test. */
export interface Running {
  readonly controlPlane: TestingControlPlane;
  readonly gateway: Gateway;
  readonly adapter: LineAdapter;
  readonly stateDir: string;
  readonly port: number;
  readonly health: string;
}

const timing = { firstRetry: 20, longestRetry: 100, heartbeat: 500, handshake: 1000 };

export async function withGateway(
  act: (running: Running) => Promise<void>,
  compile: CompilePolicies = compileWords,
): Promise<void> {
  const directory = temporaryDirectory();
  const controlPlane = await new TestingControlPlane().start();
  const adapter = new LineAdapter();
  const gateway = new Gateway({
    config: testConfig(directory.path, controlPlane.url, controlPlane.enrolmentToken()),
    adapters: [adapter],
    compile,
    version: '0.0.0',
    log: silentLog,
    linkTiming: timing,
  });
  try {
    const { ports, healthPort } = await gateway.start();
    await eventually(() => controlPlane.bodies('gateway.hello').length > 0);
    const health = `http://127.0.0.1:${healthPort}`;
    await act({ controlPlane, gateway, adapter, stateDir: directory.path, port: ports[0]!, health });
  } finally {
    await gateway.stop();
    await controlPlane.stop();
    directory.remove();
  }
}

/** Logs in over a real socket; collects what the gateway says. */
export async function client(
  port: number,
  line: string,
): Promise<{ socket: Socket; said: () => string; ended: () => boolean }> {
  const socket = connect(port, '127.0.0.1');
  let said = '';
  let ended = false;
  socket.on('data', (data) => (said += data.toString()));
  socket.on('close', () => (ended = true));
  socket.on('error', () => undefined);
  socket.write(`${line}\n`);
  await eventually(() => said.includes('\n') || ended);
  return { socket, said: () => said, ended: () => ended };
}

export async function ready(running: Running, parts: Partial<PolicySnapshot> = {}): Promise<void> {
  running.controlPlane.publish(parts);
  await eventually(() => running.gateway.obstacles().length === 0);
}
