import type { ApiRoute } from '../route.js';

export const grantRoutes: readonly ApiRoute[] = [];
