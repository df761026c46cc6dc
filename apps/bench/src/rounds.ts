export interface Ratio {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** What `subject` reaches of `peer`, round by round: both of one round ran next to each other on the same noisy machine. */
export function ratio(subject: readonly number[], peer: readonly number[]): Ratio {
  if (subject.length === 0 || subject.length !== peer.length) throw new Error('a ratio needs pairs');
  const sorted = subject.map((value, index) => value / peer[index]!).sort((a, b) => a - b);
  return { median: median(sorted), low: sorted[0]!, high: sorted.at(-1)! };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Runs every subject once per round, in an order that turns with each, so that no one always goes first. */
export async function interleave<Subject extends { readonly name: string }>(
  subjects: readonly Subject[],
  rounds: number,
  measure: (subject: Subject) => Promise<number>,
): Promise<Map<string, number[]>> {
  const results = new Map<string, number[]>(subjects.map((subject) => [subject.name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < subjects.length; turn += 1) {
      const subject = subjects[(round + turn) % subjects.length]!;
      results.get(subject.name)!.push(await measure(subject));
    }
  }
  return results;
}
