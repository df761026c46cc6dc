import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { Public } from '../../platform/auth/authorize.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import type { HttpRequest, HttpResponse } from '../../platform/http/http-types.js';
import { browserOf } from './browser-cookie.js';
import { IdentityProviders } from './identity-providers.js';
import type { LoginFlow } from './login-flows.js';
import { LoginFlows } from './login-flows.js';
import { OidcSignIn } from './oidc-sign-in.js';
import { sendFailure } from './page.js';
import type { ProvedIdentity } from './proved-identity.js';
import { SignInCompletion } from './sign-in-completion.js';
import { SignInRefusals, wordsOf } from './sign-in-refusals.js';

/** Where browsers come back from identity providers. */
@Controller('auth')
export class CallbackController {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
    private readonly flows: LoginFlows,
    private readonly providers: IdentityProviders,
    private readonly oidc: OidcSignIn,
    private readonly completion: SignInCompletion,
    private readonly refusals: SignInRefusals,
  ) {}

  /** OpenID Connect Core 1.0 §3.1.2.5. Which provider answers is known from the state, not from the answer. */
  @Get('callback')
  @Public()
  async callback(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
    const query = this.queryOf(request);
    const states = query.getAll('state');
    await this.goOn(request, response, {
      handle: states.length === 1 ? states[0]! : '',
      identify: async ({ provider: name }) => {
        const provider = name === undefined ? undefined : await this.providers.find(name);
        if (provider?.spec.protocol !== 'oidc') throw new Error('the provider is gone');
        return this.oidc.finish({ name: provider.name, spec: provider.spec }, states[0]!, query);
      },
    });
  }

  /** For providers whose answer is posted from their site, without our cookie: the browser comes here of its own. */
  @Get('finish')
  @Public()
  async finish(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
    await this.goOn(request, response, {
      handle: this.queryOf(request).get('flow') ?? '',
      identify: async ({ proved }) => {
        if (!proved) throw new Error('nobody was proved');
        return proved;
      },
    });
  }

  private async goOn(
    request: HttpRequest,
    response: HttpResponse,
    step: { readonly handle: string; identify(flow: LoginFlow): Promise<ProvedIdentity> },
  ): Promise<void> {
    const browser = browserOf(request);
    const flow = await this.flows.take(step.handle, browser);
    if (!flow || !browser) {
      return sendFailure(response, 400, this.refusals.note('no such sign-in is under way in this browser'));
    }
    let identity: ProvedIdentity;
    try {
      identity = await step.identify(flow);
    } catch (error) {
      const reference = await this.refusals.recordUnproved(flow.provider ?? 'unknown', wordsOf(error));
      return this.completion.refuse(response, flow.request, reference);
    }
    await this.completion.proceed({ browser, response }, flow.request, identity);
  }

  private queryOf(request: HttpRequest): URLSearchParams {
    return new URL(request.originalUrl, this.config.publicUrl).searchParams;
  }
}
