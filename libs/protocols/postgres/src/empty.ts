/** What an array of a few items costs least to be emptied by: setting its length leaves compiled code and frees its memory. */
export function empty(array: unknown[]): void {
  while (array.length > 0) array.pop();
}
