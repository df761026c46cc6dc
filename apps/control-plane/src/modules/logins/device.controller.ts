import { Body, Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { TokenError } from '@sallyport/api-contract';
import { timingSafeEqual } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { Public } from '../../platform/auth/authorize.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import type { HttpRequest, HttpResponse } from '../../platform/http/http-types.js';
import type { Browser } from './browser-cookie.js';
import { browserOf, ensureBrowser } from './browser-cookie.js';
import type { NewDeviceCode } from './device-code-store.js';
import {
  deviceCodeSeconds,
  findWaitingDevice,
  firstPollSeconds,
  mayTryUserCode,
  newDeviceCode,
  noteWrongUserCode,
  readUserCode,
} from './device-code-store.js';
import { DeviceConfirmation } from './device-confirmation.js';
import { DeviceSignIn } from './device-sign-in.js';
import { oauthClient } from './oauth-clients.js';
import { html, sendFailure, sendPage } from './page.js';
import { SignInRefusals } from './sign-in-refusals.js';

/** Device authorization (RFC 8628): a code is shown where no browser is, and typed where one is. */
@Controller('oauth')
export class DeviceController {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly signIn: DeviceSignIn,
    private readonly confirmation: DeviceConfirmation,
    private readonly refusals: SignInRefusals,
  ) {}

  /** RFC 8628 §3.1, §3.2. */
  @Post('device_authorization')
  @HttpCode(200)
  @Public()
  async authorize(
    @Body() body: unknown,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<Record<string, unknown> | TokenError> {
    const client = oauthClient(field(body, 'client_id') ?? '', this.config.publicUrl);
    if (!client?.mayUseDeviceCode) {
      response.statusCode = 400;
      return { error: 'invalid_client', error_description: 'The client is unknown, or has no need of device codes.' };
    }
    const codes = await newDeviceCode(this.dataSource, { client: client.id, address: addressOf(request) });
    if (codes) return deviceAnswer(codes, `${this.config.publicUrl}/oauth/device`);
    response.statusCode = 429;
    return { error: 'slow_down', error_description: 'Too many devices wait; try again in a few minutes.' };
  }

  @Get('device')
  @Public()
  page(@Req() request: HttpRequest, @Res() response: HttpResponse): void {
    const query = new URL(request.originalUrl, this.config.publicUrl).searchParams;
    const letters = readUserCode(query.get('user_code') ?? '') ?? '';
    this.sendForm(response, ensureBrowser(request, response), letters);
  }

  @Post('device')
  @Public()
  async enter(@Body() body: unknown, @Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
    const browser = this.ownForm(body, request);
    if (!browser) return sendFailure(response, 403, this.refusals.note('the form is not one of this browser'));
    const address = addressOf(request);
    if (!(await mayTryUserCode(this.dataSource, address))) {
      return sendFailure(response, 429, this.refusals.note('too many wrong codes'));
    }
    const letters = readUserCode(field(body, 'user_code') ?? '');
    const device = letters === undefined ? undefined : await findWaitingDevice(this.dataSource, { letters });
    if (device) return this.signIn.offer({ browser, response }, device.id);
    await noteWrongUserCode(this.dataSource, address);
    this.sendForm(response, browser, '', 'No device waits with that code.');
  }

  @Get('device/start')
  @Public()
  async start(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
    const query = new URL(request.originalUrl, this.config.publicUrl).searchParams;
    const chosen = { handle: query.get('flow') ?? '', provider: query.get('provider') ?? '' };
    await this.signIn.start({ browser: browserOf(request), response }, chosen);
  }

  @Post('device/confirm')
  @Public()
  async confirm(@Body() body: unknown, @Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
    const browser = this.ownForm(body, request);
    if (!browser) return sendFailure(response, 403, this.refusals.note('the form is not one of this browser'));
    const answer = { handle: field(body, 'flow') ?? '', isAllowed: field(body, 'answer') === 'allow' };
    await this.confirmation.decide({ browser, response }, answer);
  }

  /** The browser, when the form is one that we gave it: a key it cannot guess, and no other site as its origin. */
  private ownForm(body: unknown, request: HttpRequest): Browser | undefined {
    const browser = browserOf(request);
    const { origin } = request.headers;
    const isForeign = origin !== undefined && origin !== new URL(this.config.publicUrl).origin;
    if (!browser || isForeign || request.headers['sec-fetch-site'] === 'cross-site') return undefined;
    const [given, expected] = [field(body, 'form_key') ?? '', this.confirmation.formKey(browser)].map((text) =>
      Buffer.from(text, 'utf8'),
    );
    return given!.length === expected!.length && timingSafeEqual(given!, expected!) ? browser : undefined;
  }

  private sendForm(response: HttpResponse, browser: Browser, letters: string, complaint = ''): void {
    const shown = letters === '' ? '' : `${letters.slice(0, 4)}-${letters.slice(4)}`;
    const body = html`<p>${complaint}</p>
      <form method="post" action="/oauth/device">
        <p>The code that your device shows: <input name="user_code" value="${shown}" autocomplete="off" required /></p>
        <input type="hidden" name="form_key" value="${this.confirmation.formKey(browser)}" />
        <button>Continue</button>
      </form>`;
    sendPage(response, 200, 'Sign in a device', body);
  }
}

function deviceAnswer({ deviceCode, userCode }: NewDeviceCode, page: string): Record<string, unknown> {
  return {
    device_code: deviceCode,
    user_code: userCode,
    verification_uri: page,
    verification_uri_complete: `${page}?user_code=${userCode}`,
    expires_in: deviceCodeSeconds,
    interval: firstPollSeconds,
  };
}

/** A form's field; one that comes twice counts as absent. */
function field(body: unknown, name: string): string | undefined {
  const value = (body as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value : undefined;
}

function addressOf(request: HttpRequest): string {
  return request.socket.remoteAddress ?? 'unknown';
}
