import type { ResourceSpec, SecretSource, StoredResource } from '@sallyport/api-contract';

/** The one secret of a resource's credential. */
export interface ResourceSecret {
  /** Where in the declaration it stands. */
  readonly path: string;
  /** Undefined: the stored one stays. */
  readonly source: SecretSource | undefined;
}

/** Undefined: the target asks for no credential. */
export function resourceSecret(spec: ResourceSpec): ResourceSecret | undefined {
  const at = (member: string, given: object | undefined): ResourceSecret => ({
    path: `spec.credential.${member}`,
    source: given && Object.keys(given).length > 0 ? (given as SecretSource) : undefined,
  });
  switch (spec.protocol) {
    case 'postgres':
      return at('password', spec.credential.password);
    case 'http': {
      const { bearer, basic, header } = spec.credential;
      if (bearer) return at('bearer', bearer);
      if (basic) return at('basic.password', basic.password);
      return header && at('header.value', header.value);
    }
    case 'kubernetes': {
      const { token, clientKey } = spec.credential;
      return token ? at('token', token) : at('clientKey', clientKey);
    }
    case 'ssh': {
      const { password, privateKey } = spec.credential;
      return password ? at('password', password) : at('privateKey', privateKey);
    }
  }
}

/** The declaration without its secret. */
export function withoutSecret(spec: ResourceSpec): StoredResource {
  switch (spec.protocol) {
    case 'postgres':
      return { ...spec, credential: { username: spec.credential.username } };
    case 'http': {
      const { bearer, basic, header } = spec.credential;
      const credential = {
        ...(bearer && { bearer: {} }),
        ...(basic && { basic: { username: basic.username } }),
        ...(header && { header: { name: header.name } }),
      };
      return { ...spec, credential };
    }
    case 'kubernetes': {
      const { token, clientCertificate } = spec.credential;
      return { ...spec, credential: token ? { token: {} } : { clientCertificate, clientKey: {} } };
    }
    case 'ssh': {
      const { username, password, certificate } = spec.credential;
      const key = { privateKey: {}, ...(certificate !== undefined && { certificate }) };
      return { ...spec, credential: { username, ...(password ? { password: {} } : key) } };
    }
  }
}

/** Whom the secret is shown to, and as whose. */
export function resourceHolder(spec: ResourceSpec | StoredResource): readonly unknown[] {
  if (spec.protocol !== 'postgres') {
    const { protocol, upstream, credential } = spec;
    const { username, ...others } = credential as Readonly<
      Record<string, { readonly username?: string; name?: string }>
    >;
    // The database has an order of its own for the members of an object.
    const kinds = Object.entries(others)
      .map(([kind, value]) => [kind, value?.username, value?.name])
      .sort(([one = ''], [other = '']) => (one < other ? -1 : 1));
    return [protocol, upstream, username, kinds];
  }
  const { host, port, tls, ca, serverName } = spec.upstream;
  return [host, port, tls, ca, serverName, spec.credential.username];
}

/** As gateways get it: texts by name. */
export function plainCredential(spec: StoredResource, secret: string | undefined): Record<string, string> {
  const texts = (given: Record<string, string | undefined>): Record<string, string> =>
    Object.fromEntries(Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined));
  switch (spec.protocol) {
    case 'postgres':
      return texts({ username: spec.credential.username, password: secret });
    case 'http': {
      const { bearer, basic, header } = spec.credential;
      if (bearer) return texts({ bearer: secret });
      if (basic) return texts({ username: basic.username, password: secret });
      return header ? texts({ headerName: header.name, headerValue: secret }) : {};
    }
    case 'kubernetes': {
      const { token, clientCertificate } = spec.credential;
      return token ? texts({ token: secret }) : texts({ clientCertificate, clientKey: secret });
    }
    case 'ssh': {
      const { username, password, certificate } = spec.credential;
      return texts(password ? { username, password: secret } : { username, privateKey: secret, certificate });
    }
  }
}

/** True when the target asks for a credential. */
export function hasSecret({ protocol, credential }: StoredResource): boolean {
  return protocol !== 'http' || Object.keys(credential).length > 0;
}
