import type { ApiRoute } from '../route.js';

export const loginRoutes: readonly ApiRoute[] = [];
