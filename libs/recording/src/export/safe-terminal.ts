import { printable } from './printable.js';

/** Longest sequence that is kept together until it is complete; a longer one is text. Characters. */
const longest = 64;
/** Cursor moves, erasing and colours (ECMA-48 §8.3): what a replay needs to look like the session. */
const harmless = /^\u001b\[(?:\d{0,4}(?:;\d{1,4})?[ABCDEFGHJKXPLMfd@]|[\d;:]{0,48}m)$/;
const sequence = /\u001b\[[0-?]*[ -/]*[@-~]/y;
const unfinished = /^\u001b(?:\[[0-?]*[ -/]*)?$/;

/**
 * Output of a recorded terminal, made safe for somebody else's: colours and cursor moves pass, every other sequence (window
 * titles, links, the clipboard, device strings, queries that a terminal answers by typing) and every invisible character
 * becomes visible text. Pieces may cut a sequence anywhere.
 */
export class SafeTerminal {
  #rest = '';

  push(text: string): string {
    const all = this.#rest + text;
    this.#rest = '';
    let safe = '';
    for (let at = 0; at < all.length;) {
      const escape = all.indexOf('\u001b', at);
      if (escape < 0) return safe + shown(all.slice(at));
      safe += shown(all.slice(at, escape));
      sequence.lastIndex = escape;
      const found = sequence.exec(all)?.[0];
      if (found === undefined) {
        const rest = all.slice(escape);
        if (rest.length < longest && unfinished.test(rest)) {
          this.#rest = rest;
          return safe;
        }
        safe += printable('\u001b');
        at = escape + 1;
        continue;
      }
      safe += isHarmless(found) ? found : printable(found);
      at = escape + found.length;
    }
    return safe;
  }

  /** What never became complete. */
  end(): string {
    const rest = this.#rest;
    this.#rest = '';
    return printable(rest);
  }
}

/** A whole text at once. */
export function safeTerminal(text: string): string {
  const terminal = new SafeTerminal();
  return terminal.push(text) + terminal.end();
}

/** Line ends, tabs and backspaces only move the cursor, and the bell only rings. */
function shown(text: string): string {
  return text
    .split(/([\n\r\t\b\u0007])/)
    .map((part, index) => (index % 2 === 1 ? part : printable(part)))
    .join('');
}

function isHarmless(found: string): boolean {
  return harmless.test(found) && !(found.endsWith('m') && conceals(found.slice(2, -1)));
}

/** SGR 8 hides what follows. As a part of a colour, `38;5;8`, it is a colour. */
function conceals(parameters: string): boolean {
  const numbers = parameters.split(';');
  for (let at = 0; at < numbers.length; at += 1) {
    if (/^[345]8$/.test(numbers[at]!)) at += numbers[at + 1] === '5' ? 2 : numbers[at + 1] === '2' ? 4 : 0;
    else if (Number(numbers[at]) === 8) return true;
  }
  return false;
}
