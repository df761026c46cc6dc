import 'reflect-metadata';
import { createApp } from './create-app.js';
import { formatListen } from './platform/config/config.js';
import { createLogger } from './platform/logging/logger.js';
import { cannotStart, configOrExit, exitOnFault, stopOnRequest } from './platform/process/lifecycle.js';

/** One replica of the API. */
const config = configOrExit('The control plane');
const log = createLogger(config.logLevel);
exitOnFault(log);
const app = await createApp(config, log).catch(cannotStart(log));
stopOnRequest(app, config, log);
await app.listen(config.listen.port, config.listen.host).catch(cannotStart(log));
log.info({ listen: formatListen(config.listen), url: config.publicUrl }, 'ready');
