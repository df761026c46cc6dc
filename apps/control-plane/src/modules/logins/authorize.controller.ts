import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { Public } from '../../platform/auth/authorize.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import type { HttpRequest, HttpResponse } from '../../platform/http/http-types.js';
import type { AuthorizationRequest } from './authorization-request.js';
import { readAuthorizationRequest, withParameters } from './authorization-request.js';
import { ensureBrowser } from './browser-cookie.js';
import { IdentityProviders } from './identity-providers.js';
import { LoginFlows } from './login-flows.js';
import { redirect, sendFailure } from './page.js';
import { sendProviderChoice } from './provider-choice.js';
import { SignInRefusals } from './sign-in-refusals.js';

/** The authorization endpoint (RFC 6749 §3.1): on to an identity provider, by choice where there are several. */
@Controller()
export class AuthorizeController {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
    private readonly providers: IdentityProviders,
    private readonly flows: LoginFlows,
    private readonly refusals: SignInRefusals,
  ) {}

  @Get('oauth/authorize')
  @Public()
  async authorize(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
    const query = new URL(request.originalUrl, this.config.publicUrl).searchParams;
    const read = readAuthorizationRequest(query, this.config.publicUrl);
    if (read.ok) return this.toProvider(read.request, query, { request, response });
    const { redirect: back, reason } = read;
    if (!back) return sendFailure(response, 400, this.refusals.note(reason));
    const parameters = { error: back.error, error_description: reason, state: back.state };
    redirect(response, withParameters(back.redirectUri, { ...parameters, iss: this.config.publicUrl }));
  }

  private async toProvider(
    asked: AuthorizationRequest,
    query: URLSearchParams,
    { request, response }: { readonly request: HttpRequest; readonly response: HttpResponse },
  ): Promise<void> {
    const names = await this.providers.names();
    const name = asked.provider ?? (names.length === 1 ? names[0] : undefined);
    if (name === undefined && names.length > 1) {
      return sendProviderChoice(response, names, (provider) => authorizeAddress(query, provider));
    }
    const provider = name === undefined ? undefined : await this.providers.find(name);
    if (!provider) return sendFailure(response, 404, this.refusals.note('there is no such identity provider'));
    const { client, redirectUri, state, codeChallenge } = asked;
    const flow = { kind: 'client', clientId: client.id, redirectUri, state, codeChallenge } as const;
    const handle = await this.flows.begin(ensureBrowser(request, response), flow, provider.name);
    if (handle === undefined) return sendFailure(response, 503, this.refusals.note('too many sign-ins are under way'));
    try {
      redirect(response, await this.providers.start(provider, handle));
    } catch (error) {
      sendFailure(response, 502, this.refusals.note('the identity provider cannot be asked', error));
    }
  }
}

function authorizeAddress(query: URLSearchParams, provider: string): string {
  return `/oauth/authorize?${new URLSearchParams([...query, ['provider', provider]]).toString()}`;
}
