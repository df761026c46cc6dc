/** The message passes as it is. */
export const pass = Symbol('pass');
/** The client does not get it. */
export const drop = Symbol('drop');
/** What becomes of one message of the target: passed, dropped, or other bytes in its place. */
export type Fate = typeof pass | typeof drop | Buffer | readonly Buffer[];
