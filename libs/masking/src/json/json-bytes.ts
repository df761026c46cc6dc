/** Bytes with a meaning in JSON (RFC 8259 section 2). */
export const quote = 0x22;
export const backslash = 0x5c;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
export const openBracket = 0x5b;
export const closeBracket = 0x5d;
export const colon = 0x3a;
export const comma = 0x2c;
export const lineFeed = 0x0a;
export const minus = 0x2d;
export const zero = 0x30;
export const nine = 0x39;
export const letterU = 0x75;

/** 1 for the bytes that a string scan stops at: the quote, the backslash, and what must not stand in a string. */
export const stopsString = new Uint8Array(256);
stopsString.fill(1, 0, 0x20);
stopsString[quote] = 1;
stopsString[backslash] = 1;

/** What may follow a backslash, and the byte it stands for; 0 for anything else, `u` included. */
export const escapedByte = new Uint8Array(256);
for (const [letter, meant] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t']) {
  escapedByte[letter!.charCodeAt(0)] = meant!.charCodeAt(0);
}

/** The value of a hexadecimal digit, 255 for anything else. */
export const hexValue = new Uint8Array(256).fill(255);
for (let value = 0; value < 16; value += 1) {
  const digit = value.toString(16);
  hexValue[digit.charCodeAt(0)] = value;
  hexValue[digit.toUpperCase().charCodeAt(0)] = value;
}

export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
