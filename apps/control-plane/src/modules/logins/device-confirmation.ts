import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { EnvelopeCipher } from '../../platform/crypto/envelope.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import type { HttpResponse } from '../../platform/http/http-types.js';
import type { Browser } from './browser-cookie.js';
import { decideDevice, findWaitingDevice } from './device-code-store.js';
import type { FlowRequest } from './login-flows.js';
import { LoginFlows } from './login-flows.js';
import { LoginService } from './login.service.js';
import { oauthClient } from './oauth-clients.js';
import { html, sendFailure, sendPage } from './page.js';
import type { ProvedIdentity } from './proved-identity.js';
import { SignInRefusals } from './sign-in-refusals.js';

/** Asks a person who has proved themselves whether the device that waits is theirs (RFC 8628 §5.4). */
@Injectable()
export class DeviceConfirmation {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(EnvelopeCipher) private readonly cipher: EnvelopeCipher,
    private readonly flows: LoginFlows,
    private readonly logins: LoginService,
    private readonly refusals: SignInRefusals,
  ) {}

  /** What a form of this browser carries, and no other site can know. */
  formKey(browser: Browser): string {
    return this.cipher.digest('sign-in-form', browser.secret);
  }

  async ask(
    { browser, response }: { readonly browser: Browser; readonly response: HttpResponse },
    request: Extract<FlowRequest, { kind: 'device' }>,
    identity: ProvedIdentity,
  ): Promise<void> {
    const device = await findWaitingDevice(this.dataSource, { id: request.deviceId });
    const handle = device && (await this.flows.park(browser, request, identity));
    if (!handle) return sendFailure(response, 400, this.refusals.note('the device no longer waits'));
    const client = oauthClient(device.client, this.config.publicUrl)?.name ?? device.client;
    const body = html`<p>Signed in at ${identity.provider} as ${identity.displayName ?? identity.subject}.</p>
      <p>
        Let ${client}, which asks from ${device.clientAddress}, act as you? Only if you started it yourself, just now.
      </p>
      <form method="post" action="/oauth/device/confirm">
        <input type="hidden" name="flow" value="${handle}" />
        <input type="hidden" name="form_key" value="${this.formKey(browser)}" />
        <button name="answer" value="allow">Allow</button>
        <button name="answer" value="deny">Deny</button>
      </form>`;
    sendPage(response, 200, 'Allow this device?', body);
  }

  async decide(
    { browser, response }: { readonly browser: Browser; readonly response: HttpResponse },
    { handle, isAllowed }: { readonly handle: string; readonly isAllowed: boolean },
  ): Promise<void> {
    const flow = await this.flows.take(handle, browser);
    if (flow?.request.kind !== 'device' || !flow.proved) {
      return sendFailure(response, 400, this.refusals.note('no such sign-in is under way in this browser'));
    }
    const device = await findWaitingDevice(this.dataSource, { id: flow.request.deviceId });
    if (!device) return sendFailure(response, 400, this.refusals.note('the device no longer waits'));
    if (!isAllowed) {
      await decideDevice(this.dataSource, device.id, null);
      return sendPage(response, 200, 'Denied', html`<p>The device was not let in. This window can be closed.</p>`);
    }
    const outcome = await this.logins.complete(flow.proved, device.client);
    if (!outcome.ok) {
      await decideDevice(this.dataSource, device.id, null);
      return sendFailure(response, 403, await this.refusals.record(flow.proved.provider, outcome.reason));
    }
    if (await decideDevice(this.dataSource, device.id, outcome.login.id)) {
      return sendPage(response, 200, 'Allowed', html`<p>The device is signed in. This window can be closed.</p>`);
    }
    await this.logins.end({ id: outcome.login.id }, { actor: 'system', reason: 'code-misused' });
    sendFailure(response, 400, this.refusals.note('the device no longer waits'));
  }
}
