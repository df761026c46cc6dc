import { Body, Controller, Get, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { Public } from '../../platform/auth/authorize.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import type { HttpRequest, HttpResponse } from '../../platform/http/http-types.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { browserOf } from '../logins/browser-cookie.js';
import { redirect, sendFailure } from '../logins/page.js';
import { SignInRefusals } from '../logins/sign-in-refusals.js';
import { SamlRefusal } from './saml-refusal.js';
import type { AfterResponse } from './saml-sign-in.js';
import { SamlSignIn } from './saml-sign-in.js';

@Controller('auth/saml/:provider')
export class SamlController {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
    private readonly signIn: SamlSignIn,
    private readonly refusals: SignInRefusals,
  ) {}

  @Get('metadata')
  @Public()
  async metadata(@Param('provider') name: string, @Res() response: HttpResponse): Promise<void> {
    const provider = await this.signIn.provider(name);
    if (!provider) throw new ProblemError(404, 'not-found', 'There is no such SAML identity provider.');
    const xml = this.signIn.serviceProvider(provider).metadata();
    response.writeHead(200, { 'Content-Type': 'application/samlmetadata+xml' }).end(xml);
  }

  @Get('login')
  @Public()
  async login(
    @Param('provider') name: string,
    @Query('flow') flow: unknown,
    @Req() request: HttpRequest,
    @Res() response: HttpResponse,
  ): Promise<void> {
    const provider = await this.signIn.provider(name);
    const url = provider && (await this.signIn.start(provider, flow, browserOf(request)));
    if (url === undefined) {
      return sendFailure(response, 400, this.refusals.note('no such SAML sign-in is under way in this browser'));
    }
    redirect(response, url);
  }

  /** A form from the identity provider's page; our cookies, being SameSite=Lax, do not come with it. */
  @Post('acs')
  @Public()
  async consume(@Param('provider') name: string, @Body() body: unknown, @Res() response: HttpResponse): Promise<void> {
    const provider = await this.signIn.provider(name);
    if (!provider) return sendFailure(response, 400, this.refusals.note('a response for no SAML provider'));
    const form = (body ?? {}) as Readonly<Record<string, unknown>>;
    let after: AfterResponse;
    try {
      const answer = { response: form['SAMLResponse'], relayState: form['RelayState'] };
      after = await this.signIn.finish(provider, answer);
    } catch (error) {
      const reference =
        error instanceof SamlRefusal
          ? await this.refusals.recordUnproved(provider.name, error.reason)
          : this.refusals.note('a SAML response could not be judged', error);
      return sendFailure(response, 400, reference);
    }
    redirect(response, this.config.publicUrl + pathAfter(after));
  }
}

/** Addresses of our own alone: a RelayState is a handle, and never where somebody is sent. */
function pathAfter(after: AfterResponse): string {
  return after.kind === 'flow' ? `/auth/finish?flow=${encodeURIComponent(after.handle)}` : '/console/';
}
