import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import type { TokenForm, TokenGrant, TokenOutcome } from '../credentials/token-grant.js';
import { tokenFailure } from '../credentials/token-grant.js';
import { invalidGrant, LoginTokens } from './login-tokens.js';
import { LoginService } from './login.service.js';
import { findRefreshToken, takeRefreshToken } from './refresh-token-store.js';

/** RFC 6749 §6, with rotation: each token works once, and a second use ends the login (RFC 9700 §4.14.2). */
@Injectable()
export class RefreshTokenGrant implements TokenGrant {
  readonly grantType = 'refresh_token';

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly tokens: LoginTokens,
    private readonly logins: LoginService,
  ) {}

  async issue({ parameters, client }: TokenForm): Promise<TokenOutcome> {
    const text = parameters.get('refresh_token');
    if (!text || !client.id) return tokenFailure('invalid_request', 'refresh_token and client_id are required.');
    if (parameters.has('scope')) return tokenFailure('invalid_scope', 'These tokens have no scopes.');
    const taken = await takeRefreshToken(this.dataSource, text);
    if (!taken) return invalidGrant;
    // A thief and the owner cannot be told apart by now.
    if (taken.isFresh && taken.client === client.id && client.secret === undefined)
      return this.tokens.issue(taken.loginId);
    await this.logins.end({ id: taken.loginId }, { actor: 'system', reason: 'token-reused' });
    return invalidGrant;
  }

  /** RFC 7009 §2.1: ends the whole login. False: it is no refresh token of that client. */
  async revoke(text: string, clientId: string | undefined): Promise<boolean> {
    const found = await findRefreshToken(this.dataSource, text);
    if (!found || (clientId !== undefined && clientId !== found.client)) return false;
    await this.logins.end({ id: found.loginId }, { actor: 'system', reason: 'signed-out' });
    return true;
  }
}
