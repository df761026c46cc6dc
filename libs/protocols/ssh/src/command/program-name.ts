/**
 * The name by which a program is known: without its folder, version and variant, so that `/usr/bin/python3.11` is `python`.
 * In lower case, since some file systems do not tell.
 */
export function programName(word: string): string {
  const name = word.slice(word.lastIndexOf('/') + 1).toLowerCase();
  const plain = name.replace(/\.(?:exe|basic|tiny|nox|gtk3?|static|real|distrib)$/, '');
  // From the start of a row of digits only: tried from each of them, a long row would take its square in time.
  return plain.replace(/(?:[-.]|(?<!\d))\d+(?:\.\d+)+/, '').replace(/(?<=[a-z])[-.]?\d+(?:-\d+)?[a-z]?$/, '');
}
