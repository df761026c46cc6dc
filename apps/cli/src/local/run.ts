import fs from 'node:fs';
import { CliError } from '../exit-codes.js';
import { startDemo, type Demo } from '../demo/demo.js';
import { InstanceLock } from './instance-lock.js';
import { requireFreePorts, type PortPlan } from './port-plan.js';
import { startStack } from './stack.js';
import { untilToldToStop } from './stop-request.js';
import { upFilePath, writeUpFile, type UpFile } from './up-file.js';

export interface UpOptions {
  readonly data: string;
  readonly ports: PortPlan;
  readonly demo: boolean;
  readonly say: (line: string) => void;
  readonly onReady: (running: Running) => void;
}

export interface Running {
  readonly content: UpFile;
  readonly ports: PortPlan;
  readonly demo: Demo | undefined;
}

/** Runs everything until told to stop, then stops it. Throws CliError when it cannot start or the database ends. */
export async function runUp(options: UpOptions): Promise<void> {
  const { data } = options;
  fs.mkdirSync(data, { recursive: true, mode: 0o700 });
  fs.chmodSync(data, 0o700);
  const stopRequest = untilToldToStop();
  const lock = await InstanceLock.acquire(data);
  const stops: (() => Promise<void>)[] = [() => Promise.resolve(lock.release())];
  try {
    const started = start(options, (stop) => void stops.unshift(stop));
    const why = await Promise.race([started.then((running) => running.end), stopRequest]);
    options.say(`${why}; stopping`);
    lock.stopping();
    // A start that is still under way may add more to stop; its own failure is of no interest any more.
    await started.catch(() => undefined);
  } finally {
    await stopAll(stops, options.say);
  }
}

async function start(
  options: UpOptions,
  onStarted: (stop: () => Promise<void>) => void,
): Promise<{ end: Promise<never> }> {
  const { data, ports, say } = options;
  // What a killed run left behind would tell others of an API that is not there yet.
  fs.rmSync(upFilePath(data), { force: true });
  await freePorts(options);
  const stack = await startStack({ data, ports, say }, onStarted);
  const { api: url, client, certificates } = stack;
  const api = { url, ca: fs.readFileSync(certificates.ca, 'utf8') };
  const demo = options.demo
    ? await startDemo({ data, port: ports.demoDatabase, api, client, say }, onStarted)
    : undefined;
  const content: UpFile = {
    api: url,
    ca: certificates.ca,
    adminToken: stack.adminToken,
    gateway: { postgres: { host: '127.0.0.1', port: ports.postgres } },
    ...(demo && { demo: demo.keys }),
  };
  writeUpFile(data, content);
  onStarted(() => Promise.resolve(fs.rmSync(upFilePath(data), { force: true })));
  options.onReady({ content, ports, demo });
  const end = Promise.race([stack.databaseEnded, ...(demo ? [demo.databaseEnded] : [])]).then(() => {
    throw new CliError('PostgreSQL ended unexpectedly', 1, [`see ${data}/logs`]);
  });
  // Stopping ends the database as well: nobody waits for this then.
  end.catch(() => undefined);
  return { end };
}

async function freePorts({ ports, demo }: UpOptions): Promise<void> {
  const { demoDatabase, ...always } = ports;
  await requireFreePorts(demo ? { ...always, demoDatabase } : always);
}

async function stopAll(stops: readonly (() => Promise<void>)[], say: (line: string) => void): Promise<void> {
  for (const stop of stops) {
    await stop().catch((error: unknown) => say(`while stopping: ${(error as Error).message}`));
  }
}
