import type { HttpResponse } from '../../platform/http/http-types.js';
import { html, sendPage } from './page.js';

/**
 * Asks where the person signs in. Links, since browsers hold a form's redirects to form-action, and providers redirect
 * where they like.
 */
export function sendProviderChoice(
  response: HttpResponse,
  names: readonly string[],
  addressOf: (provider: string) => string,
): void {
  const links = names.map((name) => html`<li><a href="${addressOf(name)}">${name}</a></li> `);
  sendPage(
    response,
    200,
    'Sign in',
    html`<p>Where do you sign in?</p>
      <ul>
        ${links}
      </ul>`,
  );
}
