import type { ApiRoute } from '../route.js';

export const scimRoutes: readonly ApiRoute[] = [];
