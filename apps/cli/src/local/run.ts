import fs from 'node:fs';
import { CliError } from '../exit-codes.js';
import { declareDemo, startDemoTargets, type Demo } from '../demo/demo.js';
import { startDemoIssuer } from '../demo/demo-issuer.js';
import { InstanceLock } from './instance-lock.js';
import { requireFreePorts, type PortPlan } from './port-plan.js';
import { startStack } from './stack.js';
import { listenForStop } from './stop-request.js';
import { upFilePath, writeUpFile, type UpFile } from './up-file.js';

export interface UpOptions {
  readonly data: string;
  readonly ports: PortPlan;
  readonly demo: boolean;
  /** Path of a kubeconfig whose cluster the demo shows as well. */
  readonly kubeconfig: string | undefined;
  readonly say: (line: string) => void;
  readonly onReady: (running: Running) => void;
}

export interface Running {
  readonly content: UpFile;
  readonly ports: PortPlan;
  readonly demo: Demo | undefined;
}

type Stop = () => Promise<void>;

/** Runs everything until told to stop, then stops it. Throws CliError when it cannot start or the database ends. */
export async function runUp(options: UpOptions): Promise<void> {
  const stopRequest = listenForStop();
  try {
    fs.mkdirSync(options.data, { recursive: true, mode: 0o700 });
    const lock = await InstanceLock.acquire(options.data);
    await runLocked(options, stopRequest.reason, lock);
  } finally {
    stopRequest.dispose();
  }
}

async function runLocked(options: UpOptions, stopRequested: Promise<string>, lock: InstanceLock): Promise<void> {
  const stops: Stop[] = [() => Promise.resolve(lock.release())];
  try {
    const started = start(options, (stop) => void stops.unshift(stop));
    const why = await Promise.race([started.then((running) => running.end), stopRequested]);
    options.say(`${why}; stopping`);
    lock.stopping();
    // A start that is still under way may add more to stop; its own failure is of no interest any more.
    await started.catch(() => undefined);
  } finally {
    await stopAll(stops, options.say);
  }
}

async function start(options: UpOptions, onStarted: (stop: Stop) => void): Promise<{ end: Promise<never> }> {
  const { data, ports, say, kubeconfig } = options;
  fs.chmodSync(data, 0o700);
  // What a killed run left behind would tell others of an API that is not there yet.
  fs.rmSync(upFilePath(data), { force: true });
  await freePorts(options);
  const [stack, target] = await allStarted(
    startStack({ data, ports, say }, onStarted),
    options.demo ? startDemoTargets({ data, ports }, onStarted) : Promise.resolve(undefined),
  );
  const { api, client, certificates, adminToken } = stack;
  const ca = fs.readFileSync(certificates.ca, 'utf8');
  const demoIssuer = () => startDemoIssuer({ data, api, port: ports.demoIssuer }, onStarted);
  const demo =
    target && (await declareDemo({ data, ports, client, api, ca, target, kubeconfig, issuer: await demoIssuer() }));
  const content: UpFile = {
    api,
    ca: certificates.ca,
    adminToken,
    gateway: {
      postgres: { host: '127.0.0.1', port: ports.postgres },
      https: { host: '127.0.0.1', port: ports.https },
      ssh: { host: '127.0.0.1', port: ports.ssh },
    },
    ...(demo && { demo: demo.keys, demoIssuer: demo.issuer }),
  };
  writeUpFile(data, content);
  onStarted(() => Promise.resolve(fs.rmSync(upFilePath(data), { force: true })));
  options.onReady({ content, ports, demo });
  const end = Promise.race([stack.databaseEnded, ...(target ? [target.ended] : [])]).then(() => {
    throw new CliError('PostgreSQL ended unexpectedly', 1, [`see ${data}/logs`]);
  });
  // Stopping ends the database as well: nobody waits for this then.
  end.catch(() => undefined);
  return { end };
}

/** Waits for both even when one fails: what started must be known before it can be stopped. */
async function allStarted<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}

async function freePorts({ ports, demo }: UpOptions): Promise<void> {
  const isNeeded = ([name]: [string, number]): boolean => demo || !name.startsWith('demo');
  await requireFreePorts(Object.fromEntries(Object.entries(ports).filter(isNeeded)));
}

async function stopAll(stops: readonly Stop[], say: (line: string) => void): Promise<void> {
  for (const stop of stops) {
    await stop().catch((error: unknown) => say(`while stopping: ${(error as Error).message}`));
  }
}
