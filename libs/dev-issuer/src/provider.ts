import type { JWK } from 'jose';
import { type Account, type ClientMetadata, type Configuration, Provider } from 'oidc-provider';
import type { DevClient, DevUser } from './dev-user.js';
import type { MemoryStore } from './memory-adapter.js';

export interface ProviderParts {
  readonly issuer: string;
  readonly clients: readonly DevClient[];
  readonly store: MemoryStore;
  readonly jwks: readonly JWK[];
  readonly cookieKey: string;
  findUser(sub: string): DevUser | undefined;
  /** False: claims are told by the userinfo endpoint alone. */
  readonly claimsInIdToken: boolean;
}

/** Path of the page where a person picks who to be. */
export const signInPath = '/sign-in/';

export function makeProvider(parts: ProviderParts): Provider {
  const provider = new Provider(parts.issuer, configuration(parts));
  provider.proxy = false;
  return provider;
}

function configuration(parts: ProviderParts): Configuration {
  return {
    adapter: parts.store.adapter,
    clients: parts.clients.map(clientMetadata),
    jwks: { keys: [...parts.jwks] as never },
    cookies: { keys: [parts.cookieKey] },
    claims: { openid: ['sub', 'groups'], profile: ['name'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: !parts.claimsInIdToken,
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      deviceFlow: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      revocation: { enabled: true },
      userinfo: { enabled: true },
    },
    interactions: { url: (_context, interaction) => `${signInPath}${interaction.uid}` },
    issueRefreshToken: async () => true,
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      IdToken: 600,
      Interaction: 600,
      Session: 3600,
      Grant: 3600,
      RefreshToken: 3600,
      DeviceCode: 600,
    },
    // oidc-provider keeps away from loopback (SSRF), where all applications of this issuer are.
    fetch: (url, options) => {
      const { dispatcher: _, ...request } = options as RequestInit & { dispatcher?: unknown };
      return fetch(url, request);
    },
    findAccount: async (_context, sub) => {
      const user = parts.findUser(sub);
      return user && account(user);
    },
    // Whoever signs in agrees to everything: there is nobody to ask.
    loadExistingGrant: async (context) => {
      const { client, params, session } = context.oidc;
      if (!client || !session?.accountId) return undefined;
      const grant = new context.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      const scope = params?.['scope'];
      grant.addOIDCScope(typeof scope === 'string' ? scope : 'openid');
      await grant.save();
      return grant;
    },
  };
}

function clientMetadata(client: DevClient): ClientMetadata {
  return {
    client_id: client.id,
    ...(client.secret === undefined
      ? { token_endpoint_auth_method: 'none' as const }
      : { client_secret: client.secret }),
    redirect_uris: [...client.redirectUris],
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    response_types: ['code'],
    ...(client.backchannelLogoutUri !== undefined && {
      backchannel_logout_uri: client.backchannelLogoutUri,
      backchannel_logout_session_required: true,
    }),
    ...(client.postLogoutRedirectUris && { post_logout_redirect_uris: [...client.postLogoutRedirectUris] }),
  };
}

function account({ sub, name, email, groups = [], claims = {} }: DevUser): Account {
  return {
    accountId: sub,
    claims: async () => ({ sub, name, groups: [...groups], ...(email && { email, email_verified: true }), ...claims }),
  };
}
