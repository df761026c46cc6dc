import type { AskedUpstream, UpstreamAnswer } from './protocol.js';
import { wholeBody } from './request-body.js';
import type { WebSession } from './web-session.js';

/** A question of the gateway's own to the target, under the resource's credential. Rejects with a WireFault. */
export function askUpstream(session: WebSession, asked: AskedUpstream): Promise<UpstreamAnswer> {
  const { method, path, headers, body, maxBytes } = asked;
  return new Promise((resolve, reject) => {
    session.pool.send(
      {
        method,
        target: `${session.parts.binding.upstream.path ?? ''}${path}`,
        authority: session.authority,
        headers: [...headers, ['accept-encoding', 'identity'], ...session.credential.headers],
        body,
        upgrade: undefined,
      },
      {
        response: (head, reader) => {
          const whole = reader ? wholeBody(reader, maxBytes) : Promise.resolve(Buffer.alloc(0));
          whole.then((bytes) => resolve({ status: head.status, headers: head.headers, body: bytes }), reject);
        },
        switched: (_, tunnel) => {
          tunnel.destroy();
          reject(new Error('the target switched protocols unasked'));
        },
        failed: reject,
      },
    );
  });
}
