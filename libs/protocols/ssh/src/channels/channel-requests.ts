import type { ConnectionEvents, PeerOpen, SshConnection } from '../connection/connection.js';
import type { SshSession } from '../session.js';
import { openDirectSocket, openDirectTcp } from './forward.js';
import { RemoteForwards } from './listen.js';
import { SessionChannel } from './session-channel.js';

const yes = new Uint8Array(0);

/**
 * What the two sides of a session may ask for. Whatever is not listed is refused: agents, X11, tunnels, and all that the
 * target opens without having been asked.
 */
export function serveRequests(session: SshSession, client: SshConnection): void {
  const remote = new RemoteForwards(session, client);
  client.events = clientRequests(session, remote);
  session.upstream.connection.events = {
    open(request) {
      if (request.type !== 'forwarded-tcpip') return request.refuse('prohibited', 'not expected');
      carried(session, remote.connected(request));
    },
    // Among them `hostkeys-00@openssh.com`: which keys a target has is configured, not learnt.
    global: () => false,
  };
}

function clientRequests(session: SshSession, remote: RemoteForwards): ConnectionEvents {
  let noMoreSessions = false;
  return {
    open(request: PeerOpen): void {
      switch (request.type) {
        case 'session':
          if (noMoreSessions) return request.refuse('prohibited', 'no more sessions');
          new SessionChannel(session, request.accept());
          return;
        case 'direct-tcpip':
          return carried(session, openDirectTcp(session, request));
        case 'direct-streamlocal@openssh.com':
          return carried(session, openDirectSocket(session, request));
        default:
          return request.refuse('unknownType', 'no such channel');
      }
    },
    global(name, data) {
      switch (name) {
        case 'no-more-sessions@openssh.com':
          noMoreSessions = true;
          return yes;
        case 'tcpip-forward':
          return remote.listen(data);
        case 'cancel-tcpip-forward':
          return remote.cancel(data);
        default:
          // `keepalive@openssh.com` among them: a failure says as well that we are here.
          return false;
      }
    },
  };
}

/** What fails on the way leaves the two sides in doubt about each other: then the session is over. */
function carried(session: SshSession, work: Promise<void>): void {
  work.catch((error: unknown) => {
    session.host.log('warn', 'a forwarded connection broke off', {
      session: session.context.session.id,
      reason: error instanceof Error ? error.message : 'unknown',
    });
    session.end('a forwarded connection broke off');
  });
}
