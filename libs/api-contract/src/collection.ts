export type { ApiCollection } from '@sallyport/domain';
export { apiCollections } from '@sallyport/domain';
