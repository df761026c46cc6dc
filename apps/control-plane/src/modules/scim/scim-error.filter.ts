import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, Inject } from '@nestjs/common';
import type { ScimErrorBody } from '@sallyport/api-contract';
import { scimMediaType, scimSchemas } from '@sallyport/api-contract';
import type { Logger } from 'pino';
import type { HttpResponse } from '../../platform/http/http-types.js';
import { toProblem } from '../../platform/http/problem.filter.js';
import { LOGGER } from '../../platform/logging/logger.js';
import { InvalidConfiguration } from '../configuration/edit.js';
import { ScimError } from './scim-error.js';

/** Whatever is thrown on the way to a SCIM route, the guard's refusals included, in the form of RFC 7644 §3.12. */
@Catch()
export class ScimErrorFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly log: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<HttpResponse>();
    const { status, detail, scimType, headers } = describe(thrown);
    if (status >= 500 && status !== 501) this.log.error({ err: thrown }, 'request failed');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const body: ScimErrorBody = {
      schemas: [scimSchemas.error],
      status: String(status),
      ...(scimType !== undefined && { scimType }),
      detail,
    };
    response.writeHead(status, { ...headers, 'Content-Type': scimMediaType }).end(JSON.stringify(body));
  }
}

interface Described {
  readonly status: number;
  readonly detail: string;
  readonly scimType?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

function describe(thrown: unknown): Described {
  if (thrown instanceof ScimError) return thrown;
  if (thrown instanceof InvalidConfiguration) {
    return { status: 400, detail: thrown.issues.map(({ reason }) => reason).join('; '), scimType: 'invalidValue' };
  }
  const { status, detail, extra } = toProblem(thrown);
  return { status, detail, headers: extra.headers };
}
