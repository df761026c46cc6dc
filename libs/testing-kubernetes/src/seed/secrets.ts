import { makeCanary } from '@sallyport/testing';

/** Secret values that the seed hides in every place where secrets are found; all of them differ. */
export interface SeedSecrets {
  /** Value of the secret `payments/database`, plain. */
  readonly secretValue: string;
  /** In the same secret's last-applied annotation. */
  readonly lastApplied: string;
  /** In the environment of pod and deployment `payments/api`. */
  readonly environment: string;
  /** In the values of the Helm release `payments`. */
  readonly helmRelease: string;
  /** In the ConfigMap `payments/settings`. */
  readonly configMap: string;
  /** In the log of pod `payments/api`. */
  readonly log: string;
  /** In the message of an event. */
  readonly event: string;
}

export function makeSecrets(): SeedSecrets {
  const value = (label: string): string => makeCanary(label).token;
  return {
    secretValue: value('secret payments/database'),
    lastApplied: value('last-applied annotation'),
    environment: value('environment of payments/api'),
    helmRelease: value('Helm release'),
    configMap: value('ConfigMap payments/settings'),
    log: value('log of payments/api'),
    event: value('event'),
  };
}
