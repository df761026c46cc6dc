import { Injectable } from '@nestjs/common';
import type { HttpResponse } from '../../platform/http/http-types.js';
import type { Browser } from './browser-cookie.js';
import { IdentityProviders } from './identity-providers.js';
import { LoginFlows } from './login-flows.js';
import { redirect, sendFailure } from './page.js';
import { sendProviderChoice } from './provider-choice.js';
import { SignInRefusals } from './sign-in-refusals.js';

/** From a code that was typed to the identity provider. */
@Injectable()
export class DeviceSignIn {
  constructor(
    private readonly providers: IdentityProviders,
    private readonly flows: LoginFlows,
    private readonly refusals: SignInRefusals,
  ) {}

  async offer(
    { browser, response }: { readonly browser: Browser; readonly response: HttpResponse },
    deviceId: string,
  ): Promise<void> {
    const handle = await this.flows.begin(browser, { kind: 'device', deviceId });
    if (handle === undefined) return sendFailure(response, 503, this.refusals.note('too many sign-ins are under way'));
    sendProviderChoice(response, await this.providers.names(), (provider) => {
      return `/oauth/device/start?${new URLSearchParams({ flow: handle, provider }).toString()}`;
    });
  }

  async start(
    { browser, response }: { readonly browser: Browser | undefined; readonly response: HttpResponse },
    { handle, provider: name }: { readonly handle: string; readonly provider: string },
  ): Promise<void> {
    const flow = await this.flows.take(handle, browser);
    const provider = flow && (await this.providers.find(name));
    if (!browser || flow?.request.kind !== 'device' || flow.proved || !provider) {
      return sendFailure(response, 400, this.refusals.note('no such sign-in is under way in this browser'));
    }
    const next = await this.flows.begin(browser, flow.request, provider.name);
    if (next === undefined) return sendFailure(response, 503, this.refusals.note('too many sign-ins are under way'));
    try {
      redirect(response, await this.providers.start(provider, next));
    } catch (error) {
      sendFailure(response, 502, this.refusals.note('the identity provider cannot be asked', error));
    }
  }
}
