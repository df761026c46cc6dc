/** The migrations in order; the list is explicit so that a bundle or a test runs exactly these. */
export const migrations = [];
