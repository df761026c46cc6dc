import type { ConnectionEvents, PeerOpen } from '../connection/connection.js';
import type { SshSession } from '../session.js';
import { SessionChannel } from './session-channel.js';

/** What the client of a session may open. Whatever is not listed is refused. */
export function clientRequests(session: SshSession): ConnectionEvents {
  let noMoreSessions = false;
  return {
    open(request: PeerOpen): void {
      switch (request.type) {
        case 'session':
          if (noMoreSessions) return request.refuse('prohibited', 'no more sessions');
          new SessionChannel(session, request.accept());
          return;
        default:
          return request.refuse('unknownType', 'no such channel');
      }
    },
    global(name) {
      if (name === 'no-more-sessions@openssh.com') {
        noMoreSessions = true;
        return new Uint8Array(0);
      }
      // `keepalive@openssh.com` among them: a failure says as well that we are here.
      return false;
    },
  };
}
