import { checkIssuerRules } from '@sallyport/identity';
import type { Configuration, StoredSpecs } from '../configuration/configuration.js';
import type { ObjectIssue } from '../configuration/edit.js';
import type { PlannedChange } from '../configuration/plan.js';
import { holdsSecret } from './issuer-jwks.js';

interface Declared {
  readonly name: string;
  readonly spec: StoredSpecs['TrustedIssuer'];
}

/** What is wrong with the trusted issuers of a change, given all that there will be. */
export function trustedIssuerIssues(planned: readonly PlannedChange[], current: Configuration): ObjectIssue[] {
  const changes = planned.filter(({ kind, change }) => kind === 'TrustedIssuer' && change !== 'unchanged');
  const changed = changes.flatMap(({ name, after }): Declared[] =>
    after ? [{ name, spec: after.spec as Declared['spec'] }] : [],
  );
  const kept = current.list('TrustedIssuer').filter(({ name }) => !changes.some((change) => change.name === name));
  return changed.flatMap((issuer) =>
    [...checkIssuerRules(issuer.spec), ...keyFaults(issuer), ...twinFaults(issuer, [...kept, ...changed])].map(
      ({ path, reason }) => ({ kind: 'TrustedIssuer', name: issuer.name, path: `spec.${path}`, reason }) as const,
    ),
  );
}

interface Fault {
  readonly path: string;
  readonly reason: string;
}

function keyFaults({ spec }: Declared): Fault[] {
  if (spec.jwks && spec.jwksUri !== undefined) return [{ path: 'jwksUri', reason: 'has no meaning next to jwks' }];
  return (spec.jwks?.keys ?? []).flatMap((key, index) =>
    holdsSecret(key) ? [{ path: `jwks.keys.${index}`, reason: 'holds a secret; only public keys belong here' }] : [],
  );
}

/** Two that could prove the same token would leave it to chance who it is. */
function twinFaults({ name, spec }: Declared, all: readonly Declared[]): Fault[] {
  const audience = [spec.audience].flat();
  const twin = all.find(
    (other) =>
      other.name !== name &&
      other.spec.issuer === spec.issuer &&
      [other.spec.audience].flat().some((one) => audience.includes(one)),
  );
  return twin ? [{ path: 'audience', reason: `is shared with TrustedIssuer ${twin.name} of the same issuer` }] : [];
}
