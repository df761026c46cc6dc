import { Module } from '@nestjs/common';
import { AuthorizationCodeGrant } from './authorization-code.grant.js';
import { AuthorizeController } from './authorize.controller.js';
import { BackchannelController } from './backchannel.controller.js';
import { CallbackController } from './callback.controller.js';
import { DeviceCodeGrant } from './device-code.grant.js';
import { DeviceConfirmation } from './device-confirmation.js';
import { DeviceController } from './device.controller.js';
import { DeviceSignIn } from './device-sign-in.js';
import { IdentityProvidersController } from './identity-providers.controller.js';
import { IdentityProviders } from './identity-providers.js';
import { LoginCredentials } from './login-credentials.js';
import { LoginFlows } from './login-flows.js';
import { LoginTokens } from './login-tokens.js';
import { LoginService } from './login.service.js';
import { LoginsController } from './logins.controller.js';
import { LoginsQueue } from './logins.queue.js';
import { OidcProviderKeys } from './oidc-provider-keys.js';
import { OidcProviderMetadata } from './oidc-provider-metadata.js';
import { OidcSignIn } from './oidc-sign-in.js';
import { RefreshTokenGrant } from './refresh-token.grant.js';
import { SignInCompletion } from './sign-in-completion.js';
import { SignInRefusals } from './sign-in-refusals.js';
import { UsersController } from './users.controller.js';

/** People's sign-in: who they are by an identity provider's word, and what they get for it. */
@Module({
  controllers: [
    UsersController,
    IdentityProvidersController,
    LoginsController,
    AuthorizeController,
    CallbackController,
    DeviceController,
    BackchannelController,
  ],
  providers: [
    IdentityProviders,
    OidcProviderMetadata,
    OidcProviderKeys,
    OidcSignIn,
    LoginFlows,
    LoginService,
    LoginTokens,
    LoginsQueue,
    SignInCompletion,
    SignInRefusals,
    DeviceSignIn,
    DeviceConfirmation,
    AuthorizationCodeGrant,
    RefreshTokenGrant,
    DeviceCodeGrant,
    LoginCredentials,
  ],
  exports: [
    LoginFlows,
    LoginService,
    SignInRefusals,
    AuthorizationCodeGrant,
    RefreshTokenGrant,
    DeviceCodeGrant,
    LoginCredentials,
  ],
})
export class LoginsModule {}
