import { scimSchemas } from '@sallyport/api-contract';
import { ScimError } from './scim-error.js';

export interface EqualityFilter<Name extends string> {
  readonly attribute: Name;
  readonly value: string;
}

/**
 * `userName eq "alice"`: the one form of RFC 7644 §3.4.2.2 that directories need to find whom they manage.
 * @param attributes those that may be asked for
 * @throws ScimError `invalidFilter`
 */
export function parseFilter<Name extends string>(
  text: string | undefined,
  attributes: readonly Name[],
): EqualityFilter<Name> | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const match = /^\s*([\w:.-]+)\s+eq\s+("(?:[^"\\]|\\.)*")\s*$/i.exec(text);
  const attribute = match && attributes.find((name) => name.toLowerCase() === shortName(match[1]!));
  const value = match && attribute && readString(match[2]!);
  if (value === undefined || value === null || !attribute || /[\p{Cc}\p{Cs}]/u.test(value)) {
    throw new ScimError(400, `The filters that work are: ${attributes.join(', ')} eq "…".`, 'invalidFilter');
  }
  return { attribute, value };
}

function shortName(name: string): string {
  const lower = name.toLowerCase();
  const prefix = [scimSchemas.user, scimSchemas.group].map((urn) => `${urn}:`.toLowerCase());
  return prefix.reduce((short, urn) => (short.startsWith(urn) ? short.slice(urn.length) : short), lower);
}

function readString(literal: string): string | undefined {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return undefined;
  }
}
