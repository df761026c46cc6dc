import { Inject, Injectable } from '@nestjs/common';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import type { TokenForm, TokenGrant, TokenOutcome } from '../credentials/token-grant.js';
import { tokenFailure } from '../credentials/token-grant.js';
import type { StoredCode } from './code-store.js';
import { takeCode } from './code-store.js';
import { invalidGrant, LoginTokens } from './login-tokens.js';
import { LoginService } from './login.service.js';

/** RFC 7636 §4.1. */
const verifierShape = /^[A-Za-z0-9\-._~]{43,128}$/;

/** RFC 6749 §4.1.3 with RFC 7636 §4.5: a code, and the proof that whoever brings it asked for it. */
@Injectable()
export class AuthorizationCodeGrant implements TokenGrant {
  readonly grantType = 'authorization_code';

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly tokens: LoginTokens,
    private readonly logins: LoginService,
  ) {}

  async issue({ parameters, client }: TokenForm): Promise<TokenOutcome> {
    const [text, redirectUri, verifier] = ['code', 'redirect_uri', 'code_verifier'].map((name) => parameters.get(name));
    if (!text || !redirectUri || !verifier || !client.id || !verifierShape.test(verifier)) {
      return tokenFailure('invalid_request', 'code, redirect_uri, client_id and code_verifier are required.');
    }
    const taken = await takeCode(this.dataSource, text);
    if (taken.kind === 'unknown') return invalidGrant;
    // RFC 6749 §4.1.2: somebody has the code who should not; what came of it ends. The one attempt may not be wrong either.
    const isGood =
      taken.kind === 'fresh' && fits(taken.code, { clientId: client.id, redirectUri, verifier, secret: client.secret });
    if (isGood) return this.tokens.issue(taken.code.loginId);
    const id = taken.kind === 'fresh' ? taken.code.loginId : taken.loginId;
    await this.logins.end({ id }, { actor: 'system', reason: 'code-misused' });
    return invalidGrant;
  }
}

interface Presented {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly verifier: string;
  readonly secret: string | undefined;
}

function fits(code: StoredCode, { clientId, redirectUri, verifier, secret }: Presented): boolean {
  const challenge = Buffer.from(createHash('sha256').update(verifier, 'ascii').digest('base64url'), 'ascii');
  const expected = Buffer.from(code.codeChallenge, 'ascii');
  const isProved = challenge.length === expected.length && timingSafeEqual(challenge, expected);
  const isSame = code.client === clientId && code.redirectUri === redirectUri && secret === undefined;
  return isProved && isSame && !code.isExpired;
}
