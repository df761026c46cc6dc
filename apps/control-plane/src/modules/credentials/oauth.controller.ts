import { Body, Controller, Get, Headers, HttpCode, Inject, Post, Res } from '@nestjs/common';
import type { TokenError, TokenResponse } from '@sallyport/api-contract';
import { revocationRequest } from '@sallyport/api-contract';
import { Public } from '../../platform/auth/authorize.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Signer } from '../../platform/crypto/signer.js';
import type { HttpResponse } from '../../platform/http/http-types.js';
import { readTokenRequest } from './token-endpoint.js';
import type { OAuthFailure, TokenGrant, TokenOutcome } from './token-grant.js';
import { TOKEN_GRANTS, tokenFailure } from './token-grant.js';
import { TokenRevocation } from './token-revocation.service.js';

/** The token endpoint (RFC 6749 §3.2), and what clients need to know of this authorization server. */
@Controller()
export class OAuthController {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
    private readonly signer: Signer,
    @Inject(TOKEN_GRANTS) private readonly grants: readonly TokenGrant[],
    private readonly revocation: TokenRevocation,
  ) {}

  @Post('oauth/token')
  @HttpCode(200)
  @Public()
  async token(
    @Body() body: unknown,
    @Headers('authorization') authorization: string | undefined,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<TokenResponse | TokenError> {
    const outcome = await this.answer(body, authorization);
    return outcome.ok ? outcome.response : refuse(response, outcome.failure);
  }

  /** RFC 7009 §2.2: a token that is unknown, or was withdrawn before, is as good as withdrawn. */
  @Post('oauth/revoke')
  @HttpCode(200)
  @Public()
  async revoke(
    @Body() body: unknown,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<TokenError | undefined> {
    const form = revocationRequest.safeParse(body ?? {});
    if (!form.success) return refuse(response, tokenFailure('invalid_request', 'Give one token.').failure);
    const { token, client_id: clientId } = form.data;
    if (token.startsWith('sp_')) {
      const description = 'Keys are deleted, not revoked.';
      return refuse(response, tokenFailure('unsupported_token_type', description).failure);
    }
    await this.revocation.revoke(token, clientId);
    return undefined;
  }

  @Get('.well-known/jwks.json')
  @Public()
  jwks(): { keys: Record<string, unknown>[] } {
    return { keys: this.signer.publicJwks() };
  }

  @Get('.well-known/oauth-authorization-server')
  @Public()
  metadata(): Record<string, unknown> {
    const issuer = this.config.publicUrl;
    // RFC 8414 §2, RFC 8628 §4, RFC 9207 §3.
    return {
      issuer,
      authorization_endpoint: `${issuer}/oauth/authorize`,
      device_authorization_endpoint: `${issuer}/oauth/device_authorization`,
      token_endpoint: `${issuer}/oauth/token`,
      revocation_endpoint: `${issuer}/oauth/revoke`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      grant_types_supported: this.grants.map(({ grantType }) => grantType),
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      revocation_endpoint_auth_methods_supported: ['none'],
    };
  }

  private async answer(body: unknown, authorization: string | undefined): Promise<TokenOutcome> {
    const question = readTokenRequest(body, authorization);
    if (!question.ok) return question;
    const grant = this.grants.find(({ grantType }) => grantType === question.form.grantType);
    if (!grant) return tokenFailure('unsupported_grant_type', 'This server has no such grant.');
    return grant.issue(question.form);
  }
}

function refuse(response: HttpResponse, failure: OAuthFailure): TokenError {
  response.statusCode = failure.status;
  if (failure.status === 401) response.setHeader('WWW-Authenticate', 'Basic realm="sallyport"');
  return { error: failure.error, error_description: failure.description };
}
