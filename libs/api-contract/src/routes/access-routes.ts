import {
  authorizationServer,
  bootstrapBody,
  bootstrapResult,
  jwks,
  revocationRequest,
  tokenRequest,
  tokenResponse,
} from '../access.js';
import { decisionRequest, decisionResult } from '../decision.js';
import type { ApiRoute } from '../route.js';
import { whoami, whoamiQuery } from '../whoami.js';

const metadata = '/.well-known/oauth-authorization-server';

export const accessRoutes: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/v1/whoami',
    id: 'whoami',
    summary: 'Who the credential proves, and on wish why.',
    tag: 'access',
    query: whoamiQuery,
    success: { status: 200, description: 'The caller.', schema: whoami },
  },
  {
    method: 'post',
    path: '/v1/bootstrap',
    id: 'bootstrap',
    tag: 'access',
    public: true,
    summary: 'Exchange the bootstrap token for the first administrator key; works once.',
    body: { schema: bootstrapBody },
    success: { status: 201, description: 'The key, shown this once.', schema: bootstrapResult },
  },
  {
    method: 'post',
    path: '/v1/decisions',
    id: 'decide',
    summary: 'Ask what would happen.',
    tag: 'policies',
    body: { schema: decisionRequest },
    success: { status: 200, description: 'The decision and why.', schema: decisionResult },
  },
  {
    method: 'post',
    path: '/oauth/token',
    id: 'issueToken',
    summary: 'Get a token (RFC 6749, RFC 8628, RFC 8693).',
    tag: 'access',
    public: true,
    body: { schema: tokenRequest, types: ['application/x-www-form-urlencoded'] },
    success: { status: 200, description: 'An access token.', schema: tokenResponse },
  },
  {
    method: 'post',
    path: '/oauth/revoke',
    id: 'revokeToken',
    summary: 'Withdraw a token (RFC 7009).',
    tag: 'access',
    public: true,
    body: { schema: revocationRequest, types: ['application/x-www-form-urlencoded'] },
    success: { status: 200, description: 'It proves nobody any more, if it ever did.' },
  },
  {
    method: 'get',
    path: '/.well-known/jwks.json',
    id: 'jwks',
    summary: 'Keys that verify access tokens.',
    tag: 'access',
    public: true,
    success: { status: 200, description: 'A JWK set.', schema: jwks },
  },
  {
    method: 'get',
    path: metadata,
    id: 'oauthMetadata',
    summary: 'Authorization server metadata (RFC 8414).',
    tag: 'access',
    public: true,
    success: { status: 200, description: 'The metadata.', schema: authorizationServer },
  },
];
