import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { readUpFile } from '../../local/up-file.js';
import type { ApiSettings } from '../../settings.js';
import { checked, type Check } from './check.js';

const timeoutMs = 5000;
/** SSLRequest: PostgreSQL's protocol documentation, section "Message Formats". */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

interface Place {
  readonly host: string;
  readonly port: number;
}
/** Talks to a connected listener; what it returns or throws is for a person. */
type Probe = (socket: net.Socket, at: Place, ca: string | undefined) => Promise<string>;

const probes: Readonly<Record<string, { readonly name: string; readonly probe: Probe }>> = {
  postgres: { name: 'PostgreSQL listener', probe: postgresTls },
  https: { name: 'HTTPS listener', probe: trustedTls },
  ssh: { name: 'SSH listener', probe: sshVersion },
};

/** The listeners of a local installation: whether clients that trust its authority would get through to them. */
export async function listenerChecks(data: string, { ca }: Pick<ApiSettings, 'ca'>): Promise<Check[]> {
  const checks: Check[] = [];
  for (const [listener, at] of Object.entries(readUpFile(data)?.gateway ?? {})) {
    const known = probes[listener];
    if (known) checks.push(await checked(known.name, () => connected(at, (socket) => known.probe(socket, at, ca))));
  }
  return checks;
}

async function connected(at: Place, probe: (socket: net.Socket) => Promise<string>): Promise<string> {
  const socket = net.connect(at);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(timeoutMs) });
    return await probe(socket);
  } finally {
    socket.destroy();
  }
}

async function postgresTls(plain: net.Socket, at: Place, ca: string | undefined): Promise<string> {
  plain.write(sslRequest);
  if ((await answer(plain)).toString('latin1') !== 'S') throw new Error(`${at.host}:${at.port} does not offer TLS`);
  return trustedTls(plain, at, ca);
}

async function trustedTls(socket: net.Socket, at: Place, ca: string | undefined): Promise<string> {
  const secure = tls.connect({ socket, host: at.host, ...(ca !== undefined && { ca }) });
  await once(secure, 'secureConnect', { signal: AbortSignal.timeout(timeoutMs) });
  const until = secure.getPeerCertificate().valid_to;
  secure.destroy();
  return `${at.host}:${at.port} speaks TLS with a trusted certificate, valid until ${until}`;
}

/** RFC 4253 §4.2: a server says who it is before it is asked. */
async function sshVersion(socket: net.Socket, at: Place): Promise<string> {
  const line = (await answer(socket)).toString('latin1').split('\r\n')[0]!;
  if (!/^SSH-2\.0-[\x21-\x7e]/.test(line)) throw new Error(`${at.host}:${at.port} does not speak SSH`);
  return `${at.host}:${at.port} speaks SSH`;
}

async function answer(socket: net.Socket): Promise<Buffer> {
  const signal = AbortSignal.timeout(timeoutMs);
  const ended = once(socket, 'close', { signal }).then(() => {
    throw new Error('the connection was ended without a word');
  });
  const [bytes] = (await Promise.race([once(socket, 'data', { signal }), ended])) as [Buffer];
  return bytes;
}
