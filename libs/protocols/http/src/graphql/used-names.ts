import type { ValueNode } from 'graphql';
import { isList, isObject, type JsonValue } from '../json/json-value.js';

/** Longer texts are no name as a whole; each name in them still is. UTF-16 code units. */
const maxNameLength = 64;

/** The names in what arguments say, and the variables that say the rest. */
export interface Mentions {
  /** In {@link plainName} form. */
  readonly names: Set<string>;
  readonly variables: Set<string>;
  /** Whether the names within a name or text count too. */
  readonly apart: boolean;
}

/** A name without what spellings differ in: `HOME_PHONE_ASC`, `homePhone_ASC`. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** How servers lead through what holds a field: `buyer.email`, `BUYER__EMAIL_ASC`, `buyer_Email_Icontains`, `id,email`. */
const betweenNames = /[^A-Za-z0-9_]+|__+|_(?=[A-Z][a-z])/;

/** Notes a name, and every name that it leads through where these count. */
export function mentionName(mentions: Mentions, name: string): void {
  if (name.length <= maxNameLength) mentions.names.add(plainName(name));
  if (!mentions.apart) return;
  for (const part of name.split(betweenNames)) if (part !== '') mentions.names.add(plainName(part));
}

/** Notes argument and input field names, enum values and texts. */
export function mention(mentions: Mentions, value: ValueNode): void {
  switch (value.kind) {
    case 'Variable':
      mentions.variables.add(value.name.value);
      return;
    case 'ObjectValue':
      for (const field of value.fields) {
        mentionName(mentions, field.name.value);
        mention(mentions, field.value);
      }
      return;
    case 'ListValue':
      for (const item of value.values) mention(mentions, item);
      return;
    case 'EnumValue':
    case 'StringValue':
      mentionName(mentions, value.value);
      return;
    default:
      return;
  }
}

export function mentionJson(mentions: Mentions, value: JsonValue): void {
  if (typeof value === 'string') mentionName(mentions, value);
  else if (isList(value)) for (const item of value) mentionJson(mentions, item);
  else if (isObject(value)) {
    for (const [name, member] of value) {
      mentionName(mentions, name);
      mentionJson(mentions, member);
    }
  }
}
