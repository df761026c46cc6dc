import type { Action, ContextRecord, ContextValue } from '@sallyport/domain';
import { fingerprintOf } from '../request/fingerprint.js';
import { currentState, dryRun, type DryRun, type DryRunRequest } from './dry-run.js';

/** A request's meaning with what binds an approval of it. */
export interface Meaning {
  readonly action: Action;
  readonly binding: string | undefined;
}
interface Enriched {
  readonly action: Action;
  readonly binding?: string;
}

/** For a request that people decide on: what it would make of the object as it is now, and whether it still is so. */
export class Preview {
  #enriched: (Enriched & { readonly state: string }) | undefined;

  constructor(
    private readonly meaning: Meaning,
    private readonly request: DryRunRequest,
  ) {}

  /** Rejects when the cluster cannot be asked: nobody should approve what nobody could look at. */
  async enrich(): Promise<Enriched> {
    const run = await dryRun(this.request);
    if (!run) return bound(this.meaning);
    const { action, binding } = this.meaning;
    const object = `object ${run.state}`;
    const enriched = {
      action: withDryRun(action, run),
      binding: binding === undefined ? object : `${binding} ${object}`,
      state: run.state,
    };
    this.#enriched = enriched;
    return { action: enriched.action, binding: enriched.binding };
  }

  /** Undefined when the object is no longer the one that was decided on. */
  async reinspect(): Promise<Enriched | undefined> {
    if (!this.#enriched) return bound(this.meaning);
    const { state, ...enriched } = this.#enriched;
    return (await currentState(this.request)) === state ? enriched : undefined;
  }
}

function bound({ action, binding }: Meaning): Enriched {
  return binding === undefined ? { action } : { action, binding };
}

/** The risks of the whole object count, not only those that the request names (K8-11). */
function withDryRun(action: Action, { text, facts }: DryRun): Action {
  const given = action.context['kubernetes'] as ContextRecord;
  const kubernetes = {
    ...given,
    risks: united(given['risks'], facts.risks),
    images: united(given['images'], facts.images),
  };
  const context = { ...action.context, kubernetes };
  const { kind, effects, lineage } = action;
  return {
    ...action,
    context,
    text: text === '' ? action.text : `${action.text}\n\n${text}`,
    fingerprint: fingerprintOf(kind, effects, context, lineage.fields ?? []),
  };
}

function united(given: ContextValue | undefined, found: ReadonlySet<string>): string[] {
  return [...new Set([...((given ?? []) as readonly string[]), ...found])].sort();
}
