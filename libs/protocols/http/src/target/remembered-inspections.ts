import type { Inspection } from '@sallyport/http-core';
import type { RequestHead } from '@sallyport/http-wire';

const maxKept = 1000;
/** A longer head is rarely sent twice. UTF-16 code units. */
const maxKeyLength = 2048;
/** They prove the client to the gateway, which has looked at them already. */
const credentials: ReadonlySet<string> = new Set(['authorization', 'sallyport-token']);

/** What requests without a body mean, by everything that their meaning comes from. The oldest is forgotten first. */
export class RememberedInspections {
  private readonly kept = new Map<string, Inspection>();
  /** A head that is the last one of its connection again is the same object. */
  private readonly keys = new WeakMap<RequestHead, string>();

  /** Undefined: what this head means is not to be remembered. */
  keyOf(head: RequestHead): string | undefined {
    let key = this.keys.get(head);
    if (key === undefined) {
      key = keyOf(head);
      if (key !== undefined) this.keys.set(head, key);
    }
    return key;
  }

  get(key: string): Inspection | undefined {
    return this.kept.get(key);
  }

  keep(key: string, inspection: Inspection): void {
    if (this.kept.size >= maxKept) this.kept.delete(this.kept.keys().next().value!);
    this.kept.set(key, inspection);
  }
}

function keyOf(head: RequestHead): string | undefined {
  const { method, target, headers, upgrade } = head;
  if (upgrade !== undefined) return undefined;
  let key = `${method} ${target.path}\n${target.query ?? '\t'}`;
  for (const [name, value] of headers) {
    // A token apart from Authorization leaves that to the target, so then its value is part of the request.
    if (name === 'sallyport-token' || name === 'cookie') return undefined;
    if (!credentials.has(name)) key += `\n${name}\t${value}`;
  }
  return key.length <= maxKeyLength ? key : undefined;
}
