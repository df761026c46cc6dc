import type { MixedList } from 'typeorm';

/** Every entity class, listed once; the configuration's own tables are read with plain SQL. */
export const entities: MixedList<new () => object> = [];
