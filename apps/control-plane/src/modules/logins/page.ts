import { randomUUID } from 'node:crypto';
import type { HttpResponse } from '../../platform/http/http-types.js';

/** Markup that is safe to send: made by `html` alone. */
export class Html {
  constructor(readonly text: string) {}
}

/** Markup with whatever is put in escaped, unless it is Html itself. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | Html | readonly Html[])[]): Html {
  const filled = values.map((value) => {
    if (typeof value === 'string') return escaped(value);
    return value instanceof Html ? value.text : value.map(({ text }) => text).join('');
  });
  return new Html(parts.map((part, index) => part + (filled[index] ?? '')).join(''));
}

/** No script, no style, no image, nobody's frame; forms come back here. */
const policy = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export function sendPage(response: HttpResponse, status: number, title: string, body: Html): void {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title}</title>
      </head>
      <body>
        <h1>${title}</h1>
        ${body}
      </body>
    </html> `;
  const bytes = Buffer.from(page.text, 'utf8');
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': bytes.length,
    'Content-Security-Policy': policy,
    'Referrer-Policy': 'no-referrer',
  });
  response.end(bytes);
}

export function redirect(response: HttpResponse, url: string): void {
  // 303: whatever came, the browser goes on with GET. No-referrer: codes and states are in addresses.
  response.writeHead(303, { Location: url, 'Referrer-Policy': 'no-referrer', 'Content-Length': 0 });
  response.end();
}

/** What a person is told of a failure: nothing but where to ask. The log and the audit trail know the rest. */
export function sendFailure(response: HttpResponse, status: number, reference: string): void {
  const body = html`<p>This sign-in cannot go on. Begin again where you came from.</p>
    <p>If it keeps failing, give an administrator this reference: <code>${reference}</code></p>`;
  sendPage(response, status, 'Sign-in failed', body);
}

export function newReference(): string {
  return randomUUID().slice(0, 13);
}

function escaped(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}
