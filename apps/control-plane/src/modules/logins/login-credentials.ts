import { Inject, Injectable } from '@nestjs/common';
import { principalRef } from '@sallyport/domain';
import type { DataSource } from 'typeorm';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import type { AccessTokenClaims, CredentialKind } from '../credentials/credential-kind.js';
import { PrincipalDirectory } from '../identity/principal-directory.js';
import { findStandingLogin } from './login-store.js';

/** Access tokens of people's logins: good while the login stands and the user may sign in. */
@Injectable()
export class LoginCredentials implements CredentialKind {
  readonly prefix = 'login:';

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly directory: PrincipalDirectory,
  ) {}

  async prove({ subject, credentialId, actor }: AccessTokenClaims): Promise<CallerIdentity | undefined> {
    const id = loginIdOf(credentialId);
    const login = id === undefined ? undefined : await findStandingLogin(this.dataSource, id);
    if (!login || subject !== `User::${login.user}` || actor) return undefined;
    const principal = await this.directory.ofLogin(login);
    return principal && { principal, credentialId, personId: principalRef(principal) };
  }
}

/** Undefined: the credential is no login. */
export function loginIdOf(credentialId: string): string | undefined {
  return /^login:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(credentialId)?.[1];
}
