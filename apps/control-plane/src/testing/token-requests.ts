import type { Replica } from './replica.js';

export interface TokenAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Claims of a token, unproved. */
export function claimsOf(token: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(token).split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;
}

const type = (name: string): string => `urn:ietf:params:oauth:token-type:${name}`;

/** Requests to the token endpoint of one replica. */
export class TokenRequests {
  constructor(private readonly replica: Replica) {}

  async post(path: string, form: Readonly<Record<string, string>> | [string, string][]): Promise<TokenAnswer> {
    const response = await fetch(this.replica.url + path, { method: 'POST', body: new URLSearchParams(form) });
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
  }

  /** An access token for a service account's key. */
  async ofKey(key: string): Promise<string> {
    const { body } = await this.post('/oauth/token', { grant_type: 'client_credentials', client_secret: key });
    return body['access_token'] as string;
  }

  exchange(subject: string, more: Readonly<Record<string, string>> = {}): Promise<TokenAnswer> {
    return this.post('/oauth/token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: subject,
      subject_token_type: type('access_token'),
      ...(more['actor_token'] !== undefined && { actor_token_type: type('access_token') }),
      ...more,
    });
  }

  /** The token of an exchange that must work. */
  async exchanged(subject: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
    const { status, body } = await this.exchange(subject, more);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body['access_token'] as string;
  }

  async revoke(token: string): Promise<number> {
    return (await this.post('/oauth/revoke', { token })).status;
  }
}
