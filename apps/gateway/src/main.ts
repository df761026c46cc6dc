import { createRequire } from 'node:module';
import type { ProtocolAdapter } from '@sallyport/enforcement';
import { Judge } from '@sallyport/policy';
import { createHttpsEntrance } from '@sallyport/http-core';
import { createHttpProtocol } from '@sallyport/protocol-http';
import { createKubernetesProtocol } from '@sallyport/protocol-kubernetes';
import { createPostgresAdapter } from '@sallyport/protocol-postgres';
import { ConfigError, loadConfig, type Config } from './config.js';
import { Gateway } from './gateway.js';
import { createLogger } from './logger.js';
import { closeToInspectors, openingFlags } from './process/closed-process.js';
import { guardProcess } from './process/guard-process.js';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

function readConfig(): Config {
  try {
    const flags = openingFlags(process.execArgv, process.env['NODE_OPTIONS']);
    if (flags.length > 0) throw new ConfigError(flags);
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`The gateway cannot start:\n${error.problems.map((problem) => `  ${problem}\n`).join('')}`);
    process.exit(2);
  }
}

/** Every protocol that this gateway speaks. */
const adaptersOf = ({ httpDomain }: Config): ProtocolAdapter[] => [
  createPostgresAdapter(),
  createHttpsEntrance([createHttpProtocol(), createKubernetesProtocol()], { domain: httpDomain }),
];

closeToInspectors();
const config = readConfig();
const log = createLogger(config.logLevel, config.name);
try {
  const gateway = new Gateway({
    config,
    adapters: adaptersOf(config).filter(({ listener }) => config.listen[listener]),
    compile: (input) => new Judge(input),
    version,
    log,
  });
  guardProcess(gateway, log, config.parentWatch);
  await gateway.start();
} catch (error) {
  log.fatal({ err: error }, 'the gateway could not start');
  process.exit(1);
}
