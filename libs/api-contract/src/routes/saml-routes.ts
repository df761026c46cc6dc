import { z } from 'zod';
import type { ApiRoute } from '../route.js';

const base = '/auth/saml/{provider}';
const tag = 'logins';
const text = z.string();

export const samlRoutes: readonly ApiRoute[] = [
  {
    method: 'get',
    path: `${base}/metadata`,
    id: 'samlMetadata',
    summary: 'Service provider metadata for this identity provider.',
    tag,
    public: true,
    success: { status: 200, description: 'SAML metadata.', schema: text, type: 'application/samlmetadata+xml' },
  },
  {
    method: 'get',
    path: `${base}/login`,
    id: 'samlLogin',
    summary: 'Send the browser to the identity provider, within a sign-in that it has begun.',
    tag,
    public: true,
    query: z.object({ flow: z.string() }),
    success: { status: 303, description: 'To the identity provider.' },
  },
  {
    method: 'post',
    path: `${base}/acs`,
    id: 'samlConsume',
    summary: 'Assertion consumer service (SAML bindings §3.5).',
    tag,
    public: true,
    body: {
      schema: z.object({ SAMLResponse: z.string(), RelayState: z.string().optional() }),
      types: ['application/x-www-form-urlencoded'],
    },
    success: { status: 303, description: 'Onwards in the sign-in.' },
  },
];
