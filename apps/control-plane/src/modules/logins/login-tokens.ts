import { Inject, Injectable } from '@nestjs/common';
import type { TokenResponse } from '@sallyport/api-contract';
import type { DataSource } from 'typeorm';
import { Signer } from '../../platform/crypto/signer.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { issueAccessToken } from '../credentials/access-token.js';
import type { TokenOutcome } from '../credentials/token-grant.js';
import { tokenFailure } from '../credentials/token-grant.js';
import { PrincipalDirectory } from '../identity/principal-directory.js';
import type { StoredLogin } from './login-store.js';
import { findStandingLogin } from './login-store.js';
import { newRefreshToken } from './refresh-token-store.js';

/** RFC 6749 §5.2; one answer for every way in which a grant does not count. */
export const invalidGrant = tokenFailure('invalid_grant', 'It is unknown, expired, used or of another client.');

/** What a login gets at the token endpoint: an access token of minutes, and a refresh token for the next one. */
@Injectable()
export class LoginTokens {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly signer: Signer,
    private readonly directory: PrincipalDirectory,
  ) {}

  async issue(loginId: string): Promise<TokenOutcome> {
    const login = await findStandingLogin(this.dataSource, loginId);
    if (!login || !(await this.directory.ofLogin(login))) return invalidGrant;
    return { ok: true, response: await this.answer(login) };
  }

  private async answer(login: StoredLogin): Promise<TokenResponse> {
    const { token, expiresInSeconds } = await issueAccessToken(this.signer, {
      subject: `User::${login.user}`,
      credentialId: `login:${login.id}`,
      clientId: login.client,
      notAfter: login.expiresAt,
    });
    const refreshToken = await newRefreshToken(this.dataSource, login);
    return { access_token: token, token_type: 'Bearer', expires_in: expiresInSeconds, refresh_token: refreshToken };
  }
}
