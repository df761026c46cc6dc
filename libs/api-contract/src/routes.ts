import type { ApiRoute } from './route.js';
import { accessRoutes } from './routes/access-routes.js';
import { configurationRoutes } from './routes/configuration-routes.js';
import { federationRoutes } from './routes/federation-routes.js';
import { grantRoutes } from './routes/grant-routes.js';
import { loginRoutes } from './routes/login-routes.js';
import { operationsRoutes } from './routes/operations-routes.js';
import { oversightRoutes } from './routes/oversight-routes.js';
import { samlRoutes } from './routes/saml-routes.js';
import { scimRoutes } from './routes/scim-routes.js';

/** Every route of the control plane; a test holds the server to exactly these. */
export const apiRoutes: readonly ApiRoute[] = [
  ...accessRoutes,
  ...configurationRoutes,
  ...loginRoutes,
  ...federationRoutes,
  ...grantRoutes,
  ...samlRoutes,
  ...scimRoutes,
  ...oversightRoutes,
  ...operationsRoutes,
];
