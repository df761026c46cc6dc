import { requirements, type Column } from './requirements.js';

/** One test of one requirement for one protocol. The name ties the two; coverage.test.ts reads it. */
export function proves(protocol: Column, id: string, run: () => Promise<void>, timeoutMs = 30_000): void {
  const requirement = requirements.find((each) => each.id === id);
  if (!requirement?.protocols.includes(protocol)) throw new Error(`${protocol} has no requirement ${id}`);
  test(`${id} · ${requirement.text}`, run, timeoutMs);
}

/** A promise that is not kept yet: the run fails once it is, so that the gap is closed here too. */
export function knownGap(protocol: Column, id: string, run: () => Promise<void>, timeoutMs = 30_000): void {
  const requirement = requirements.find((each) => each.id === id);
  if (!requirement?.protocols.includes(protocol)) throw new Error(`${protocol} has no requirement ${id}`);
  test.failing(`${id} · known gap · ${requirement.text}`, run, timeoutMs);
}
