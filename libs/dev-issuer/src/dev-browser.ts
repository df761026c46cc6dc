export interface BrowserPage {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const maxRedirects = 20;

/** As much of a browser as signing in takes: cookies by origin, redirects, forms. For tests and demonstrations. */
export class DevBrowser {
  readonly #cookies = new Map<string, Map<string, string>>();
  readonly #stopAt: string[];

  /** @param stopAt redirects to addresses that begin so are not followed: the page is then the redirect itself. */
  constructor(
    stopAt: readonly string[] = [],
    private readonly load: typeof fetch = fetch,
  ) {
    this.#stopAt = [...stopAt];
  }

  /** One more address that redirects are not followed to. */
  stopBefore(prefix: string): void {
    this.#stopAt.push(prefix);
  }

  /** The cookie's value at this origin. */
  cookie(url: string, name: string): string | undefined {
    return this.#cookies.get(new URL(url).origin)?.get(name);
  }

  get(url: string): Promise<BrowserPage> {
    return this.#load(url, { method: 'GET' });
  }

  post(
    url: string,
    form: Readonly<Record<string, string>>,
    headers: Record<string, string> = {},
  ): Promise<BrowserPage> {
    const origin = new URL(url).origin;
    return this.#load(url, { method: 'POST', body: new URLSearchParams(form), headers: { origin, ...headers } });
  }

  /** Follows the sign-in page of a development issuer as this person, where it shows one. */
  async signIn(page: BrowserPage, sub: string): Promise<BrowserPage> {
    const action = /<form method="post" action="(\/sign-in\/[^"]+)"/.exec(page.text)?.[1];
    return action === undefined ? page : this.post(new URL(action, page.url).href, { sub });
  }

  async #load(first: string, init: RequestInit & { headers?: Record<string, string> }): Promise<BrowserPage> {
    let url = first;
    let request = init;
    for (let hop = 0; hop < maxRedirects; hop += 1) {
      const cookie = this.#cookieHeader(url);
      const headers = { ...request.headers, ...(cookie && { cookie }) };
      const response = await this.load(url, { ...request, headers, redirect: 'manual' });
      this.#remember(url, response.headers.getSetCookie());
      const location = response.headers.get('location');
      const next = location === null || response.status < 300 ? undefined : new URL(location, url).href;
      if (next === undefined || this.#stopAt.some((prefix) => next.startsWith(prefix))) {
        return { url, status: response.status, headers: response.headers, text: await response.text() };
      }
      await response.body?.cancel();
      url = next;
      request = { method: 'GET' };
    }
    throw new Error(`more than ${maxRedirects} redirects`);
  }

  #remember(url: string, lines: readonly string[]): void {
    const { origin } = new URL(url);
    const jar = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, jar);
    for (const line of lines) {
      const [, name, value] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
      if (name === undefined || value === undefined) continue;
      const isGone = value === '' || /;\s*(max-age=0|expires=Thu, 01 Jan 1970)/i.test(line);
      if (isGone) jar.delete(name);
      else jar.set(name, value);
    }
  }

  #cookieHeader(url: string): string {
    const jar = this.#cookies.get(new URL(url).origin) ?? new Map<string, string>();
    return [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}
