import { z } from 'zod';

export type Jwk = Readonly<Record<string, unknown>>;

/** What verifies signatures (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2) and nothing else: certificates only take room. */
const publicMembers = ['kty', 'crv', 'n', 'e', 'x', 'y', 'kid', 'use', 'key_ops', 'alg'];
/** RFC 7518 §6.2.2, §6.3.2, §6.4.1. */
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
const maxKeys = 100;
const maxKeyLength = 8_192;

const keySet = z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(maxKeys) });

/**
 * The keys of a set that can be used, each reduced to its public members; undefined for what is no key set. A key that
 * shows a secret is everybody's and is left out, whole.
 */
export function readKeySet(document: unknown): Jwk[] | undefined {
  const parsed = keySet.safeParse(document);
  return parsed.success ? parsed.data.keys.filter(isUsable).map(publicPart) : undefined;
}

export function holdsSecret(key: Jwk): boolean {
  return secretMembers.some((member) => Object.hasOwn(key, member));
}

/** Whether two sets hold the same keys, in whatever order. */
export function isSameKeySet(one: readonly Jwk[], other: readonly Jwk[]): boolean {
  const texts = (keys: readonly Jwk[]): string => keys.map(keyText).sort().join('\n');
  return texts(one) === texts(other);
}

function isUsable(key: Jwk): boolean {
  if (holdsSecret(key) || typeof key['kty'] !== 'string' || key['kty'] === 'oct') return false;
  return JSON.stringify(publicPart(key)).length <= maxKeyLength;
}

function publicPart(key: Jwk): Jwk {
  return Object.fromEntries(publicMembers.flatMap((name) => (Object.hasOwn(key, name) ? [[name, key[name]]] : [])));
}

function keyText(key: Jwk): string {
  return JSON.stringify(publicMembers.map((member) => key[member] ?? null));
}
