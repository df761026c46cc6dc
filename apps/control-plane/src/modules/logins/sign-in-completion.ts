import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import type { HttpResponse } from '../../platform/http/http-types.js';
import { withParameters } from './authorization-request.js';
import type { Browser } from './browser-cookie.js';
import { newCode } from './code-store.js';
import { DeviceConfirmation } from './device-confirmation.js';
import type { FlowRequest } from './login-flows.js';
import { LoginService } from './login.service.js';
import { redirect, sendFailure } from './page.js';
import type { ProvedIdentity } from './proved-identity.js';
import { SignInRefusals } from './sign-in-refusals.js';

/** What happens once it is known who uses the browser. */
@Injectable()
export class SignInCompletion {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly logins: LoginService,
    private readonly confirmation: DeviceConfirmation,
    private readonly refusals: SignInRefusals,
  ) {}

  /** Sends the browser back to the client with a code, or asks the person about the device that waits. */
  async proceed(
    { browser, response }: { readonly browser: Browser; readonly response: HttpResponse },
    request: FlowRequest,
    identity: ProvedIdentity,
  ): Promise<void> {
    if (request.kind === 'device') return this.confirmation.ask({ browser, response }, request, identity);
    const outcome = await this.logins.complete(identity, request.clientId);
    if (!outcome.ok) {
      const reference = await this.refusals.record(identity.provider, outcome.reason);
      return this.refuse(response, request, reference);
    }
    const code = await newCode(this.dataSource, {
      ...{ loginId: outcome.login.id, client: request.clientId },
      ...{ redirectUri: request.redirectUri, codeChallenge: request.codeChallenge },
    });
    // RFC 9207: who answers, so that a client of several servers is not mixed up.
    const parameters = { code, state: request.state, iss: this.config.publicUrl };
    redirect(response, withParameters(request.redirectUri, parameters));
  }

  /** RFC 6749 §4.1.2.1, saying nothing of why. */
  refuse(response: HttpResponse, request: FlowRequest, reference: string): void {
    if (request.kind === 'device') return sendFailure(response, 403, reference);
    const description = `The sign-in failed; reference ${reference}.`;
    const parameters = { error: 'access_denied', error_description: description, state: request.state };
    redirect(response, withParameters(request.redirectUri, { ...parameters, iss: this.config.publicUrl }));
  }
}
