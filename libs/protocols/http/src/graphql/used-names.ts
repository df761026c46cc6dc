import type { ValueNode } from 'graphql';
import { isList, isObject, type JsonValue } from '../json/json-value.js';

/** Longer texts are contents, not the name of a field to sort or filter by. */
const maxNameLength = 64;

/** The names in what arguments say, and the variables that say the rest. */
export interface Mentions {
  /** In {@link plainName} form. */
  readonly names: Set<string>;
  readonly variables: Set<string>;
}

/** A name without what spellings differ in: `HOME_PHONE_ASC`, `homePhone_ASC`. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Notes argument and input field names, enum values and short texts. */
export function mention(mentions: Mentions, value: ValueNode): void {
  switch (value.kind) {
    case 'Variable':
      mentions.variables.add(value.name.value);
      return;
    case 'ObjectValue':
      for (const field of value.fields) {
        mentions.names.add(plainName(field.name.value));
        mention(mentions, field.value);
      }
      return;
    case 'ListValue':
      for (const item of value.values) mention(mentions, item);
      return;
    case 'EnumValue':
    case 'StringValue':
      mentionText(mentions, value.value);
      return;
    default:
      return;
  }
}

export function mentionJson(mentions: Mentions, value: JsonValue): void {
  if (typeof value === 'string') mentionText(mentions, value);
  else if (isList(value)) for (const item of value) mentionJson(mentions, item);
  else if (isObject(value)) {
    for (const [name, member] of value) {
      mentions.names.add(plainName(name));
      mentionJson(mentions, member);
    }
  }
}

function mentionText(mentions: Mentions, text: string): void {
  if (text.length <= maxNameLength) mentions.names.add(plainName(text));
}
