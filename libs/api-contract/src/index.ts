export type { ApiCollection } from './collection.js';
export { apiCollections } from './collection.js';
