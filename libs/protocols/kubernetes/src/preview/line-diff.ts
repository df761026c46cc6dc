/** Lines around a change that are shown for orientation. */
const context = 3;
/** Beyond this, comparing takes longer than reading. Pairs of lines. */
const maxPairs = 4_000_000;

type Edit = readonly [sign: ' ' | '-' | '+', line: string];

/** What differs between two texts, as `diff -u` shows it without line numbers; empty when nothing does. */
export function lineDiff(before: string, after: string): string {
  const edits = editsOf(before.split('\n'), after.split('\n'));
  const near = (at: number): boolean =>
    edits.slice(Math.max(0, at - context), at + context + 1).some(([sign]) => sign !== ' ');
  const shown: string[] = [];
  let skipped = false;
  edits.forEach(([sign, line], at) => {
    if (sign === ' ' && !near(at)) {
      skipped = true;
      return;
    }
    if (skipped) shown.push('  …');
    skipped = false;
    shown.push(`${sign} ${line}`);
  });
  return edits.every(([sign]) => sign === ' ') ? '' : shown.join('\n');
}

function editsOf(before: readonly string[], after: readonly string[]): Edit[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const shorter = Math.min(before.length, after.length) - start;
  while (end < shorter && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const kept = (lines: readonly string[]): Edit[] => lines.map((line) => [' ', line]);
  return [
    ...kept(before.slice(0, start)),
    ...middleEdits(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...kept(before.slice(before.length - end)),
  ];
}

/** By the longest common subsequence. */
function middleEdits(before: readonly string[], after: readonly string[]): Edit[] {
  const edits: Edit[] = [];
  let [row, column] = [0, 0];
  if (before.length * after.length <= maxPairs) {
    const lengths = commonLengths(before, after);
    const width = after.length + 1;
    while (row < before.length && column < after.length) {
      if (before[row] === after[column]) {
        edits.push([' ', before[row]!]);
        row += 1;
        column += 1;
      } else if (lengths[(row + 1) * width + column]! >= lengths[row * width + column + 1]!) {
        edits.push(['-', before[row]!]);
        row += 1;
      } else {
        edits.push(['+', after[column]!]);
        column += 1;
      }
    }
  }
  for (const line of before.slice(row)) edits.push(['-', line]);
  for (const line of after.slice(column)) edits.push(['+', line]);
  return edits;
}

/** At `row * width + column`: how many lines the rests from there have in common. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array {
  const width = after.length + 1;
  const lengths = new Uint32Array((before.length + 1) * width);
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      const at = row * width + column;
      lengths[at] =
        before[row] === after[column] ? lengths[at + width + 1]! + 1 : Math.max(lengths[at + width]!, lengths[at + 1]!);
    }
  }
  return lengths;
}
