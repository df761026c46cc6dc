import {
  startInstallation,
  startPostgres,
  type Installation,
  type PostgresServer,
  type PostgresVersion,
} from '@sallyport/testing';
import { accounts, fillShop, shopManifests, type Account, type Shop } from './shop.js';

export interface StackOptions {
  /** Of the target. */
  readonly version?: PostgresVersion;
  readonly targetTls?: boolean;
  readonly gatewayEnv?: Readonly<Record<string, string>>;
}

/** An installation in front of a filled target. */
export interface Stack extends Installation {
  readonly keys: Readonly<Record<Account, string>>;
  readonly target: PostgresServer;
  readonly shop: Shop;
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const target = await startPostgres({
    version: options.version ?? '18',
    tls: options.targetTls,
    settings: { log_statement: 'all', log_min_messages: 'warning' },
  });
  const shop = await fillShop(target);
  const installation = await startInstallation({
    manifests: shopManifests(target, options.targetTls ? 'verify-full' : 'disable'),
    accounts,
    gatewayEnv: options.gatewayEnv,
  });
  const stop = async (): Promise<void> => {
    await installation.stop();
    await target.stop();
  };
  // Getters of the installation must stay getters: its processes change when they are started anew.
  return Object.defineProperties(
    { target, shop, stop },
    { ...Object.getOwnPropertyDescriptors(installation), stop: { value: stop } },
  ) as unknown as Stack;
}
