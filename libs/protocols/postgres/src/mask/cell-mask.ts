import type { MaskMethod } from '@sallyport/domain';
import { type ByteMemo, type Pseudonyms, redactedText, type TextMask, textMask, Words } from '@sallyport/masking';
import type { FormatCode } from '../messages.js';

/** What a masked cell turns into. Its results are shared: whoever gets one must not write to it, nor keep it. */
export interface CellMask {
  /** True when NULL is replaced as well, so that not even the absence of a value shows. */
  readonly hidesNull: boolean;
  /** The one replacement of every value, null being SQL NULL; undefined where it depends on the value. */
  readonly constant: Words | null | undefined;
  /** Where replacements are remembered that need not be copied to be used: `find` is `mask` without a copy. */
  readonly memo?: ByteMemo;
  /** Replacement of the value at `start`..`end`; null is SQL NULL. */
  mask: TextMask;
}

/** A column's type and the format its values are sent in. */
export interface CellType {
  readonly typeOid: number;
  readonly format: FormatCode;
}

/** Type oids fixed by the server's catalog (src/include/catalog/pg_type.dat). */
const oid = {
  name: 19,
  text: 25,
  json: 114,
  unknown: 705,
  bpchar: 1042,
  varchar: 1043,
  uuid: 2950,
  jsonb: 3802,
} as const;
const textTypes: ReadonlySet<number> = new Set([oid.text, oid.varchar, oid.bpchar, oid.name, oid.unknown]);

/** A type as masks know it: what an extension's text type is called does not matter. */
export function cellType({ typeOid, format }: CellType, moreTextTypes?: ReadonlySet<number>): CellType {
  return { typeOid: moreTextTypes?.has(typeOid) ? oid.text : typeOid, format };
}

const redactedJson = Buffer.from(JSON.stringify(redactedText));
/** jsonb's binary form is a version byte and the text. */
const redactedJsonb = Buffer.concat([Buffer.from([1]), redactedJson]);

/** Hides what was derived from masked columns: one value for every row, NULL or not. */
export function blankCell(type: CellType): CellMask {
  return constantCell(blank(type), true);
}

/**
 * Masks a column's own values with a valid value of the same type in the same format. Types without a text or an
 * identifier of their own to show, and every type not known here, become NULL whatever the method.
 */
export function maskedCell(method: MaskMethod, type: CellType, pseudonyms: Pseudonyms): CellMask {
  if (textTypes.has(type.typeOid)) return textCell(method, type.typeOid === oid.bpchar, pseudonyms);
  if (method === 'null') return constantCell(null, false);
  if (type.typeOid === oid.uuid && method === 'pseudonym') {
    const mask = type.format === 1 ? binaryUuid(pseudonyms) : textUuid(pseudonyms);
    return { hidesNull: false, constant: undefined, mask };
  }
  return constantCell(blank(type), false);
}

function constantCell(constant: Buffer | null, hidesNull: boolean): CellMask {
  return { hidesNull, constant: constant && new Words(constant), mask: () => constant };
}

function blank({ typeOid, format }: CellType): Buffer | null {
  if (textTypes.has(typeOid)) return Buffer.from(redactedText);
  if (typeOid === oid.json) return redactedJson;
  if (typeOid === oid.jsonb) return format === 1 ? redactedJsonb : redactedJson;
  return null;
}

/** The binary form of a text type is its text. */
function textCell(method: MaskMethod, padded: boolean, pseudonyms: Pseudonyms): CellMask {
  if (method === 'null') return constantCell(null, false);
  if (method === 'redact') return constantCell(Buffer.from(redactedText), false);
  const mask = textMask(method, pseudonyms);
  if (padded) return { hidesNull: false, constant: undefined, mask: withoutPadding(mask) };
  const memo = method === 'pseudonym' ? pseudonyms.texts : undefined;
  return { hidesNull: false, constant: undefined, mask, memo };
}

/** `character(n)` pads with blanks that mean nothing: the value is what stands before them. */
function withoutPadding(mask: TextMask): TextMask {
  return (value, start, end) => {
    let last = end;
    while (last > start && value[last - 1] === 0x20) last -= 1;
    return mask(value, start, last);
  };
}

function binaryUuid(pseudonyms: Pseudonyms): TextMask {
  return (value, start, end) => (end - start === 16 ? pseudonyms.uuid(value, start, end) : null);
}

function textUuid(pseudonyms: Pseudonyms): TextMask {
  return (value, start, end) => {
    const digits = Buffer.from(value.buffer, value.byteOffset + start, end - start)
      .toString('latin1')
      .replaceAll('-', '');
    if (!/^[0-9a-f]{32}$/i.test(digits)) return null;
    const hex = pseudonyms.uuid(Buffer.from(digits, 'hex'), 0, 16).toString('hex');
    return Buffer.from(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));
  };
}
