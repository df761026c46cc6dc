import type { Claims } from '../issuer-config.js';
import { isRecord } from '../token/strict-json.js';

/**
 * The claim of this name, undefined when absent. A dotted name also reaches into objects, `kubernetes.io.namespace`: at
 * each level the longest name that exists is taken, so a claim spelled with the dots comes first, and there is one
 * answer. Own members only: no name finds what JavaScript gives every object.
 *
 * A claim that `_claim_names` says is kept elsewhere (OpenID Connect Core §5.6.2; how Entra ID leaves out groups when
 * they are too many) is absent, whatever else the token says: part of a list would pass for all of it.
 */
export function claimValue(claims: Claims, name: string): unknown {
  const found = find(claims, name);
  if (found === undefined) return undefined;
  const elsewhere = Object.hasOwn(claims, '_claim_names') ? claims['_claim_names'] : undefined;
  if (elsewhere === undefined) return found.value;
  if (!isRecord(elsewhere) || Object.hasOwn(elsewhere, found.claim)) return undefined;
  return found.value;
}

interface Found {
  /** The top-level claim it is in. */
  readonly claim: string;
  readonly value: unknown;
}

function find(claims: Claims, name: string): Found | undefined {
  if (Object.hasOwn(claims, name)) return { claim: name, value: claims[name] };
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const prefix = name.slice(0, dot);
    if (!Object.hasOwn(claims, prefix)) continue;
    const inner = claims[prefix];
    const found = isRecord(inner) ? find(inner, name.slice(dot + 1)) : undefined;
    return found && { claim: prefix, value: found.value };
  }
  return undefined;
}
