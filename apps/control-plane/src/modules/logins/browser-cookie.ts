import type { HttpRequest, HttpResponse } from '../../platform/http/http-types.js';
import { hashText, newSecretText } from './secret-text.js';

/** RFC 6265bis §4.1.3.2: only this origin over TLS sets it, for no subdomain to plant one. */
const cookieName = '__Host-sallyport-sign-in';
const lifetimeSeconds = 900;

/**
 * The browser that makes a request, as far as signing in is concerned. Flows are bound to it, so that nobody finishes in one
 * browser what was begun in another (login CSRF). Lax: the way back from an identity provider begins at another site.
 */
export interface Browser {
  readonly hash: string;
  /** Keeps a form from being sent by another site. */
  readonly secret: string;
}

/** Undefined: none that was here before. */
export function browserOf(request: HttpRequest): Browser | undefined {
  const values = (request.headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim().split('=', 2))
    .filter(([name]) => name === cookieName)
    .map(([, value]) => value ?? '');
  const [secret] = values;
  return values.length === 1 && /^[\w-]{43}$/.test(secret!) ? { secret: secret!, hash: hashText(secret!) } : undefined;
}

export function ensureBrowser(request: HttpRequest, response: HttpResponse): Browser {
  const secret = browserOf(request)?.secret ?? newSecretText();
  response.setHeader(
    'Set-Cookie',
    `${cookieName}=${secret}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${lifetimeSeconds}`,
  );
  return { secret, hash: hashText(secret) };
}
