import {
  identityProvider,
  identityProviderPage,
  identityProviderSpec,
  newIdentityProvider,
} from '../identity-provider.js';
import { backchannelLogoutBody, deviceAuthorization, deviceAuthorizationRequest, loginPage } from '../login.js';
import { listQuery } from '../names.js';
import type { ApiRoute } from '../route.js';
import { newUser, user, userPage, userPatch } from '../user.js';
import { collectionRoutes } from './collection-routes.js';

const form = ['application/x-www-form-urlencoded'] as const;
const page = { status: 200, description: 'A page, or the way on (303).', type: 'text/html' } as const;

/** For browsers: pages without scripts, and redirects. */
const browserRoutes: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/oauth/authorize',
    id: 'authorize',
    summary: 'Authorization endpoint (RFC 6749 §3.1), code with PKCE S256; on to an identity provider.',
    tag: 'logins',
    public: true,
    success: page,
  },
  {
    method: 'get',
    path: '/auth/callback',
    id: 'oidcCallback',
    summary: 'Where OpenID providers send browsers back to.',
    tag: 'logins',
    public: true,
    success: page,
  },
  {
    method: 'get',
    path: '/auth/finish',
    id: 'finishSignIn',
    summary: 'Where a browser goes on whose provider answered by a posted form.',
    tag: 'logins',
    public: true,
    success: page,
  },
  {
    method: 'get',
    path: '/oauth/device',
    id: 'devicePage',
    summary: 'The page where a person types the code that a device shows.',
    tag: 'logins',
    public: true,
    success: page,
  },
  {
    method: 'post',
    path: '/oauth/device',
    id: 'enterDeviceCode',
    summary: 'The code, as typed.',
    tag: 'logins',
    public: true,
    success: page,
  },
  {
    method: 'get',
    path: '/oauth/device/start',
    id: 'startDeviceSignIn',
    summary: 'On to an identity provider.',
    tag: 'logins',
    public: true,
    success: page,
  },
  {
    method: 'post',
    path: '/oauth/device/confirm',
    id: 'confirmDevice',
    summary: 'Whether the device is let in.',
    tag: 'logins',
    public: true,
    success: page,
  },
];

const loginListRoutes: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/v1/logins',
    id: 'listLogins',
    summary: "List, newest first: one's own, or everybody's for who may read logins.",
    tag: 'logins',
    query: listQuery,
    success: { status: 200, description: 'One page.', schema: loginPage },
  },
  {
    method: 'delete',
    path: '/v1/logins/{id}',
    id: 'deleteLogin',
    summary: 'End a login and the sessions that rest on it.',
    tag: 'logins',
    success: { status: 204, description: 'Ended.' },
  },
  {
    method: 'post',
    path: '/auth/logout',
    id: 'logout',
    summary: 'End the login whose token makes the request.',
    tag: 'logins',
    success: { status: 204, description: 'Ended.' },
  },
];

export const loginRoutes: readonly ApiRoute[] = [
  ...collectionRoutes({
    path: 'users',
    noun: 'User',
    words: 'user',
    item: user,
    page: userPage,
    create: newUser,
    update: { method: 'patch', schema: userPatch },
  }),
  ...collectionRoutes({
    path: 'identity-providers',
    noun: 'IdentityProvider',
    words: 'identity provider',
    item: identityProvider,
    page: identityProviderPage,
    create: newIdentityProvider,
    update: { method: 'put', schema: identityProviderSpec },
  }),
  ...loginListRoutes,
  ...browserRoutes,
  {
    method: 'post',
    path: '/oauth/device_authorization',
    id: 'authorizeDevice',
    summary: 'Device authorization (RFC 8628 §3.1).',
    tag: 'logins',
    public: true,
    body: { schema: deviceAuthorizationRequest, types: form },
    success: { status: 200, description: 'The codes.', schema: deviceAuthorization },
  },
  {
    method: 'post',
    path: '/auth/backchannel/{provider}',
    id: 'backchannelLogout',
    summary: 'Where OpenID providers say that a session has ended.',
    tag: 'logins',
    public: true,
    body: { schema: backchannelLogoutBody, types: form },
    success: { status: 200, description: 'Heard.' },
  },
];
