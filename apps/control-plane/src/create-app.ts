import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { scimMediaType } from '@sallyport/api-contract';
import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import type { Config } from './platform/config/config.js';
import { ProblemFilter } from './platform/http/problem.filter.js';
import { measureRequests } from './platform/http/request-metrics.js';
import { secureHeaders } from './platform/http/secure-headers.js';
import { nestLogger } from './platform/logging/logger.js';

const jsonLimitBytes = 1 << 20;
const yamlLimitBytes = 2 << 20;
const formLimitBytes = 16 << 10;
/** A SAML response of 256 KB, as base64 in a form. */
const samlFormLimitBytes = 512 << 10;

/** The application, ready to listen. Everything it opened is closed by `close()`. */
export async function createApp(config: Config, log: Logger): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(config, log), {
    logger: nestLogger(log),
    bodyParser: false,
    abortOnError: false,
    forceCloseConnections: true,
    ...(config.tls && { httpsOptions: config.tls }),
  });
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('trust proxy', false);
  app.use(secureHeaders);
  app.use(measureRequests);
  app.useBodyParser('json', { limit: jsonLimitBytes, strict: false });
  app.useBodyParser('text', { limit: yamlLimitBytes, type: ['application/yaml', 'application/x-yaml', 'text/yaml'] });
  app.useBodyParser('text', { limit: jsonLimitBytes, type: scimMediaType });
  app.useBodyParser('urlencoded', { limit: samlFormLimitBytes, type: isSamlForm, extended: false, parameterLimit: 20 });
  app.useBodyParser('urlencoded', { limit: formLimitBytes, extended: false, parameterLimit: 20 });
  app.useGlobalFilters(new ProblemFilter(log));
  return app;
}

function isSamlForm({ url = '', headers }: IncomingMessage): boolean {
  const isForm = /^application\/x-www-form-urlencoded\s*(;|$)/i.test(headers['content-type'] ?? '');
  return isForm && url.startsWith('/auth/saml/');
}
