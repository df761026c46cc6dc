import net from 'node:net';
import tls from 'node:tls';
import { once } from 'node:events';
import { readUpFile } from '../../local/up-file.js';
import type { ApiSettings } from '../../settings.js';
import { checked, type Check } from './check.js';

const timeoutMs = 5000;
/** SSLRequest: PostgreSQL's protocol documentation, section "Message Formats". */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** The listeners of a local installation: whether clients that trust its authority would get through TLS. */
export async function listenerChecks(data: string, { ca }: ApiSettings): Promise<Check[]> {
  const postgres = readUpFile(data)?.gateway['postgres'];
  if (!postgres) return [];
  return [await checked('PostgreSQL listener', () => postgresTls(postgres, ca))];
}

async function postgresTls(
  at: { readonly host: string; readonly port: number },
  ca: string | undefined,
): Promise<string> {
  const plain = net.connect(at);
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    await once(plain, 'connect', { signal });
    plain.write(sslRequest);
    const [answer] = (await once(plain, 'data', { signal })) as [Buffer];
    if (answer.toString('latin1') !== 'S') throw new Error(`${at.host}:${at.port} does not offer TLS`);
    const secure = tls.connect({ socket: plain, host: at.host, ...(ca !== undefined && { ca }) });
    await once(secure, 'secureConnect', { signal });
    const until = secure.getPeerCertificate().valid_to;
    secure.destroy();
    return `${at.host}:${at.port} speaks TLS with a trusted certificate, valid until ${until}`;
  } finally {
    plain.destroy();
  }
}
