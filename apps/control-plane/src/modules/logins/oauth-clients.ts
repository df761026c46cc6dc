/** The clients people sign in to: public (RFC 6749 §2.1), so PKCE is what binds a code to whoever asked for it. */
export interface OAuthClient {
  readonly id: string;
  /** What a person is told. */
  readonly name: string;
  /** RFC 9700 §2.1: compared exactly, but for the port of a loopback address (RFC 8252 §7.3). */
  allowsRedirect(uri: string): boolean;
  readonly mayUseDeviceCode: boolean;
}

export function oauthClient(id: string, publicUrl: string): OAuthClient | undefined {
  return [commandLine, consoleOf(publicUrl)].find((client) => client.id === id);
}

const commandLine: OAuthClient = {
  id: 'sallyport-cli',
  name: 'the sallyport command',
  allowsRedirect: (uri) => {
    const port = /^http:\/\/127\.0\.0\.1:([1-9]\d{0,4})\/callback$/.exec(uri)?.[1];
    return port !== undefined && Number(port) <= 65_535;
  },
  mayUseDeviceCode: true,
};

function consoleOf(publicUrl: string): OAuthClient {
  return {
    id: 'sallyport-console',
    name: 'the console',
    allowsRedirect: (uri) => uri === `${publicUrl}/console/callback`,
    mayUseDeviceCode: false,
  };
}
