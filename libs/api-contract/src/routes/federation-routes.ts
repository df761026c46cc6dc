import type { ApiRoute } from '../route.js';
import {
  issuerKeyState,
  newTrustedIssuer,
  trustedIssuer,
  trustedIssuerPage,
  trustedIssuerSpec,
} from '../trusted-issuer.js';
import { collectionRoutes } from './collection-routes.js';

export const federationRoutes: readonly ApiRoute[] = [
  ...collectionRoutes({
    path: 'trusted-issuers',
    noun: 'TrustedIssuer',
    words: 'trusted issuer',
    item: trustedIssuer,
    page: trustedIssuerPage,
    create: newTrustedIssuer,
    update: { method: 'put', schema: trustedIssuerSpec },
  }),
  {
    method: 'get',
    path: '/v1/trusted-issuers/{name}/keys',
    id: 'getTrustedIssuerKeys',
    summary: 'What is known of the keys of a trusted issuer.',
    tag: 'trusted-issuers',
    success: { status: 200, description: 'The keys that count, and how the last fetch went.', schema: issuerKeyState },
  },
];
