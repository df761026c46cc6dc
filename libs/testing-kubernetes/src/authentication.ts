import type { HeaderValues } from './header-values.js';
import { firstOf } from './header-values.js';
import { StatusError } from './status-error.js';

export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}
export interface Identity {
  /** Whose credential it was. */
  readonly authenticated: User;
  /** Whose rights count: the impersonated user's, when there is one. */
  readonly effective: User;
  readonly impersonated: boolean;
}

export const mastersGroup = 'system:masters';
const authenticatedGroup = 'system:authenticated';
const websocketBearer = 'base64url.bearer.authorization.k8s.io.';

export const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Tokens and the users they stand for. */
export class TokenRegistry {
  readonly #users = new Map<string, User>();

  add(token: string, user: User): void {
    this.#users.set(token, { ...user, groups: [...new Set([...user.groups, authenticatedGroup])] });
  }

  find(token: string): User | undefined {
    return this.#users.get(token);
  }
}

export interface Credentials {
  readonly headers: HeaderValues;
  /** Subject of the verified client certificate: common name and organisations. */
  readonly certificate?: { readonly name: string; readonly groups: readonly string[] };
}

/** @throws StatusError 401 for a token that is not known; no credential at all is anonymous */
export function authenticate(credentials: Credentials, tokens: TokenRegistry): User {
  const { headers, certificate } = credentials;
  if (certificate) return { name: certificate.name, groups: [...certificate.groups, authenticatedGroup] };
  const token = bearer(headers);
  if (token === undefined) return anonymous;
  const user = tokens.find(token);
  if (!user) throw StatusError.unauthorized();
  return user;
}

/** Acts as another user when the headers say so; whether that is allowed is the caller's question. */
export function impersonate(user: User, headers: HeaderValues): Identity {
  const name = firstOf(headers, 'impersonate-user');
  const uid = firstOf(headers, 'impersonate-uid');
  const groups = headers.get('impersonate-group') ?? [];
  const extra = extraOf(headers);
  if (name === undefined) {
    // The real server refuses groups without a user in the same way.
    if (uid !== undefined || groups.length || Object.keys(extra).length) {
      throw new StatusError(500, 'InternalError', `requested ${JSON.stringify(groups)} without impersonating a user`);
    }
    return { authenticated: user, effective: user, impersonated: false };
  }
  const implied = name === anonymous.name ? [] : [authenticatedGroup];
  const account = /^system:serviceaccount:([^:]+):[^:]+$/.exec(name);
  const given = groups.length || !account ? groups : ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`];
  const effective = { name, uid, groups: [...new Set([...given, ...implied])], extra };
  return { authenticated: user, effective, impersonated: true };
}

function bearer(headers: HeaderValues): string | undefined {
  const match = /^bearer\s+(\S+)\s*$/i.exec(firstOf(headers, 'authorization') ?? '');
  if (match) return match[1];
  const protocols = firstOf(headers, 'sec-websocket-protocol')?.split(/\s*,\s*/) ?? [];
  const encoded = protocols.find((protocol) => protocol.startsWith(websocketBearer))?.slice(websocketBearer.length);
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64url').toString();
}

function extraOf(headers: HeaderValues): Record<string, readonly string[]> {
  const prefix = 'impersonate-extra-';
  const found = [...headers].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, values]) => [decodeURIComponent(name.slice(prefix.length)), values]));
}
