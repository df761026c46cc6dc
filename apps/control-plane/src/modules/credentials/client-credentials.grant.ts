import { Injectable } from '@nestjs/common';
import { Signer } from '../../platform/crypto/signer.js';
import { KeyCredentials } from '../identity/key-credentials.js';
import { issueAccessToken } from './access-token.js';
import { invalidClient } from './token-endpoint.js';
import type { TokenForm, TokenGrant, TokenOutcome } from './token-grant.js';
import { tokenFailure } from './token-grant.js';

/** RFC 6749 §4.4: a service account's key becomes a token that lives minutes. The key is the client's secret. */
@Injectable()
export class ClientCredentialsGrant implements TokenGrant {
  readonly grantType = 'client_credentials';

  constructor(
    private readonly signer: Signer,
    private readonly keys: KeyCredentials,
  ) {}

  async issue({ parameters, client }: TokenForm): Promise<TokenOutcome> {
    if (parameters.has('scope')) {
      return tokenFailure('invalid_scope', 'These tokens have no scopes: what they may do is for policies to say.');
    }
    const proved = client.secret === undefined ? undefined : await this.keys.open(client.secret);
    const account = proved?.key.serviceAccount;
    if (!proved || account === undefined || (client.id !== undefined && client.id !== account)) {
      return { ok: false, failure: invalidClient };
    }
    const { token, expiresInSeconds } = await issueAccessToken(this.signer, {
      subject: `ServiceAccount::${account}`,
      credentialId: proved.key.id,
      clientId: account,
      notAfter: proved.key.expiresAt,
    });
    return { ok: true, response: { access_token: token, token_type: 'Bearer', expires_in: expiresInSeconds } };
  }
}
