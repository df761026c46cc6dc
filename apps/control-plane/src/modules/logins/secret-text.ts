import { createHash, randomBytes } from 'node:crypto';

/** A text that nobody guesses: 256 random bits, base64url. The prefix tells scanners and people what leaked. */
export function newSecretText(prefix = ''): string {
  return prefix + randomBytes(32).toString('base64url');
}

/** What is stored of such a text, hex: enough, since nobody guesses 256 bits. */
export function hashText(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
