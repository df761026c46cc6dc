import fs from 'node:fs';
import path from 'node:path';
import { makeSigningKeys, startDevIssuer, type DevIssuerOptions } from '@sallyport/dev-issuer';
import { writePrivateFile } from '../local/private-file.js';
import { demoPeople } from './demo-people.js';

export interface DemoIssuerOptions {
  readonly data: string;
  /** The control plane's address, where people come back to. */
  readonly api: string;
  readonly port: number;
}

/**
 * An issuer on this machine that plays the company's sign-in and the CI's tokens. It believes whoever asks, so it is for
 * trying things alone. Resolves with its URL.
 */
export async function startDemoIssuer(
  { data, api, port }: DemoIssuerOptions,
  onStarted: (stop: () => Promise<void>) => void,
): Promise<string> {
  const issuer = await startDevIssuer({
    port,
    users: demoPeople,
    clients: [{ id: 'sallyport', redirectUris: [`${api}/auth/callback`] }],
    signingKeys: await keptKeys(path.join(data, 'demo-issuer.jwks')),
  });
  onStarted(() => issuer.close());
  return issuer.issuer;
}

/** Kept, so that what they signed before a restart still counts. */
async function keptKeys(file: string): Promise<NonNullable<DevIssuerOptions['signingKeys']>> {
  if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, 'utf8')) as never;
  const keys = await makeSigningKeys();
  writePrivateFile(file, `${JSON.stringify(keys)}\n`);
  return keys;
}
