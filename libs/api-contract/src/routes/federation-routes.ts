import type { ApiRoute } from '../route.js';

export const federationRoutes: readonly ApiRoute[] = [];
