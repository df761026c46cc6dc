import { Body, Controller, Get, Headers, HttpCode, Inject, Post, Res } from '@nestjs/common';
import type { TokenError, TokenResponse } from '@sallyport/api-contract';
import { Public } from '../../platform/auth/authorize.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { Signer } from '../../platform/crypto/signer.js';
import type { HttpResponse } from '../../platform/http/http-types.js';
import { issueAccessToken } from './access-token.js';
import { StoredCredentialVerifier } from './credential-verifier.service.js';
import { PrincipalDirectory } from './principal-directory.js';
import type { OAuthFailure } from './token-endpoint.js';
import { invalidClient, readTokenRequest } from './token-endpoint.js';

@Controller()
export class OAuthController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly signer: Signer,
    private readonly credentials: StoredCredentialVerifier,
    private readonly directory: PrincipalDirectory,
  ) {}

  @Post('oauth/token')
  @HttpCode(200)
  @Public()
  async token(
    @Body() body: unknown,
    @Headers('authorization') authorization: string | undefined,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<TokenResponse | TokenError> {
    const question = readTokenRequest(body, authorization);
    if (!question.ok) return refuse(response, question.failure);
    const key = await this.credentials.keyOf(question.secret);
    const account = key && (await this.directory.find(`ServiceAccount::${key.serviceAccount}`));
    const otherClient = question.clientId !== undefined && question.clientId !== key?.serviceAccount;
    if (!key || !account || otherClient) return refuse(response, invalidClient);
    const { token, expiresInSeconds } = await issueAccessToken(this.signer, key);
    return { access_token: token, token_type: 'Bearer', expires_in: expiresInSeconds };
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
    return {
      issuer,
      token_endpoint: `${issuer}/oauth/token`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      grant_types_supported: ['client_credentials'],
      response_types_supported: [],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    };
  }
}

function refuse(response: HttpResponse, failure: OAuthFailure): TokenError {
  response.statusCode = failure.status;
  if (failure.status === 401) response.setHeader('WWW-Authenticate', 'Basic realm="sallyport"');
  return { error: failure.error, error_description: failure.description };
}
