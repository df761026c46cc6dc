import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { findObject, listObjects } from '../configuration/configuration-store.js';
import type { StoredObject } from '../configuration/configuration.js';
import { OidcSignIn } from './oidc-sign-in.js';

/** More than anybody chooses from. */
const maxShown = 50;

/** Where people can sign in, and how a browser gets there. */
@Injectable()
export class IdentityProviders {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly oidc: OidcSignIn,
  ) {}

  /** By name. */
  async names(): Promise<string[]> {
    return (await listObjects(this.dataSource, 'IdentityProvider', { limit: maxShown })).map(({ name }) => name);
  }

  find(name: string): Promise<StoredObject<'IdentityProvider'> | undefined> {
    return findObject(this.dataSource, 'IdentityProvider', name);
  }

  /** Where the browser goes to prove who uses it, with the handle of its flow. */
  async start({ name, spec }: StoredObject<'IdentityProvider'>, handle: string): Promise<string> {
    if (spec.protocol === 'oidc') return this.oidc.start({ name, spec }, handle);
    return `/auth/saml/${encodeURIComponent(name)}/login?flow=${handle}`;
  }
}
