import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import type { TokenError } from '@sallyport/api-contract';
import type { DataSource } from 'typeorm';
import { Public } from '../../platform/auth/authorize.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { rows } from '../../platform/database/query.js';
import type { HttpResponse } from '../../platform/http/http-types.js';
import { IdentityProviders } from './identity-providers.js';
import { LoginService } from './login.service.js';
import type { LogoutNotice } from './logout-token.js';
import { readLogoutToken } from './logout-token.js';
import { OidcProviderKeys } from './oidc-provider-keys.js';
import { SignInRefusals } from './sign-in-refusals.js';

/** Where OpenID providers say that somebody's session has ended (OpenID Connect Back-Channel Logout 1.0 §2.5). */
@Controller('auth/backchannel')
export class BackchannelController {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly providers: IdentityProviders,
    private readonly keys: OidcProviderKeys,
    private readonly logins: LoginService,
    private readonly refusals: SignInRefusals,
  ) {}

  @Post(':provider')
  @HttpCode(200)
  @Public()
  async logout(
    @Param('provider') name: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<TokenError | undefined> {
    try {
      const notice = await this.read(name, body);
      await this.end(name, notice);
      return undefined;
    } catch (error) {
      // §2.8.
      response.statusCode = 400;
      const reference = this.refusals.note('a logout token does not count', error);
      return {
        error: 'invalid_request',
        error_description: `The logout token does not count; reference ${reference}.`,
      };
    }
  }

  private async read(name: string, body: unknown): Promise<LogoutNotice> {
    const token = (body as Record<string, unknown> | undefined)?.['logout_token'];
    if (typeof token !== 'string') throw new TypeError('no logout_token');
    const provider = await this.providers.find(name);
    if (provider?.spec.protocol !== 'oidc') throw new TypeError('no such provider');
    const { issuer, clientId } = provider.spec;
    return readLogoutToken(token, { issuer, clientId, keys: this.keys.of(issuer) });
  }

  private async end(provider: string, { tokenId, subject, session, replayableUntil }: LogoutNotice): Promise<void> {
    const first = await rows(
      this.dataSource,
      `INSERT INTO used_logout_tokens (provider, token_id, expires_at) VALUES ($1, $2, $3)
       ON CONFLICT DO NOTHING RETURNING token_id`,
      [provider, tokenId, replayableUntil],
    );
    if (first.length === 0) throw new TypeError('the token was used before');
    const which = {
      provider,
      ...(subject !== undefined && { subject }),
      ...(session !== undefined && { idpSession: session }),
    };
    await this.logins.end(which, { actor: `IdentityProvider::${provider}`, reason: 'ended-by-provider' });
  }
}
