import type { ScimQuery } from '@sallyport/api-contract';
import { scimSchemas } from '@sallyport/api-contract';

const maxPage = 200;
const usualPage = 100;

/** RFC 7644 §3.4.2.4: counting from one; what is below counts as one, a negative count as none. */
export function pageOf({ startIndex = 1, count = usualPage }: ScimQuery): { offset: number; limit: number } {
  const bounded = (value: number, max: number) => Math.min(Math.max(value, 0), max);
  return { offset: bounded(startIndex - 1, 1_000_000_000), limit: bounded(count, maxPage) };
}

export function listResponse<Item>(
  { total, startIndex }: { readonly total: number; readonly startIndex: number },
  resources: readonly Item[],
) {
  return {
    schemas: [scimSchemas.list],
    totalResults: total,
    startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}
