import type { BodyWriter } from '../message.js';

/** For the answer to a request that is gone. */
export const deafWriter: BodyWriter = {
  holder: () => undefined,
  write: () => false,
  end: () => undefined,
  abort: () => undefined,
  onDrain: () => undefined,
};
