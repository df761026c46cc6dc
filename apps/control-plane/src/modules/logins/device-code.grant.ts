import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import type { TokenForm, TokenGrant, TokenOutcome } from '../credentials/token-grant.js';
import { tokenFailure } from '../credentials/token-grant.js';
import { pollDevice } from './device-code-store.js';
import { invalidGrant, LoginTokens } from './login-tokens.js';
import { LoginService } from './login.service.js';

/** RFC 8628 §3.4, §3.5: a device asks whether its person has said yes. */
@Injectable()
export class DeviceCodeGrant implements TokenGrant {
  readonly grantType = 'urn:ietf:params:oauth:grant-type:device_code';

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly tokens: LoginTokens,
    private readonly logins: LoginService,
  ) {}

  async issue({ parameters, client }: TokenForm): Promise<TokenOutcome> {
    const text = parameters.get('device_code');
    const { id: clientId, secret } = client;
    if (!text || !clientId) return tokenFailure('invalid_request', 'device_code and client_id are required.');
    if (secret !== undefined) return invalidGrant;
    const found = await this.dataSource.transaction((manager) => pollDevice(manager, text, clientId));
    if (!found) return invalidGrant;
    if (found.state === 'used') {
      // As with a code that comes twice: one of the two should not have it.
      await this.logins.end({ id: found.loginId! }, { actor: 'system', reason: 'code-misused' });
      return invalidGrant;
    }
    if (found.isExpired) return tokenFailure('expired_token', 'The code has expired; begin again.');
    if (found.isTooSoon) return tokenFailure('slow_down', 'Ask less often: 5 seconds more between questions.');
    if (found.state === 'denied') return tokenFailure('access_denied', 'The request was denied.');
    if (found.state === 'pending') return tokenFailure('authorization_pending', 'Nobody has decided yet.');
    return this.tokens.issue(found.loginId!);
  }
}
