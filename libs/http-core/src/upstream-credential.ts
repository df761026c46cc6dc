import type { HeaderField } from '@sallyport/http-wire';

/** What the target is shown, and the texts that must never come back. */
export interface UpstreamCredential {
  readonly headers: readonly HeaderField[];
  readonly secrets: readonly string[];
}

/** From the texts of a resource's credential. A client certificate is no header: the connection shows it. */
export function upstreamCredential(credential: Readonly<Record<string, string>>): UpstreamCredential {
  const { bearer, token, username, password, headerName, headerValue } = credential;
  const secret = bearer ?? token;
  if (secret !== undefined) return { headers: [['authorization', `Bearer ${secret}`]], secrets: [secret] };
  if (username !== undefined && password !== undefined) {
    const pair = Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
    return { headers: [['authorization', `Basic ${pair}`]], secrets: [pair, password] };
  }
  if (headerName !== undefined && headerValue !== undefined) {
    return { headers: [[headerName.toLowerCase(), headerValue]], secrets: [headerValue] };
  }
  return { headers: [], secrets: [] };
}
