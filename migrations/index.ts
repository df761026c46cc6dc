import { CreateConfiguration1795299000000 } from './1795299000000-create-configuration.js';

/** The migrations in order; the list is explicit so that a bundle or a test runs exactly these. */
export const migrations = [CreateConfiguration1795299000000];
