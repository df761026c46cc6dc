import type { AccessRequest } from '@sallyport/api-contract';
import { printLine } from '../../output.js';
import { visible } from '../../terminal-text.js';

/** What became of a request, on a line or two. */
export function printOutcome({ id, state, stateReason, grantId }: AccessRequest): void {
  printLine(visible(`${state} ${id}${stateReason === null ? '' : ` (${stateReason})`}`));
  if (grantId !== null) printLine(visible(`grant ${grantId}`));
}
