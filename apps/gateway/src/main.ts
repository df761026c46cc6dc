import { createRequire } from 'node:module';
import { Judge } from '@sallyport/policy';
import { adaptersOf } from './adapters.js';
import { ConfigError, loadConfig, type Config } from './config.js';
import { Gateway } from './gateway.js';
import { createLogger } from './logger.js';
import { closeToInspectors, openingFlags } from './process/closed-process.js';
import { guardProcess } from './process/guard-process.js';
import { QuietCollector } from './process/quiet-collector.js';

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

closeToInspectors();
const config = readConfig();
const log = createLogger(config.logLevel, config.name);
try {
  const gateway = new Gateway({
    config,
    adapters: adaptersOf(config, log),
    compile: (input) => new Judge(input),
    version,
    log,
  });
  guardProcess(gateway, log, config.parentWatch);
  await gateway.start();
  new QuietCollector().start();
} catch (error) {
  log.fatal({ err: error }, 'the gateway could not start');
  process.exit(1);
}
