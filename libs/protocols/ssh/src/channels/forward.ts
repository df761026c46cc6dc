import type { Action } from '@sallyport/domain';
import type { Permitted } from '@sallyport/enforcement';
import { isRefused, type PeerOpen } from '../connection/connection.js';
import { forwardAction } from '../inspect.js';
import { refusalText } from '../refuse.js';
import type { SshSession } from '../session.js';
import { AddressRefusal, resolveHost } from '../target/addresses.js';
import { directSocket, directTcp, readDirectSocket, readDirectTcp } from './forward-requests.js';
import { Relay } from './relay.js';

/** Where a forwarded connection goes on the target's side. */
interface Destination {
  readonly type: string;
  readonly data: Buffer;
}

/** `ssh -L`, `-D`, `-W`, `-J`: the name is judged, resolved once and checked, and the address is connected to. */
export function openDirectTcp(session: SshSession, request: PeerOpen): Promise<void> {
  const { host, port } = readDirectTcp(request.data);
  const action = forwardAction(session.scene, 'direct-tcpip', { target: host?.text ?? '', port });
  if (!host) return refused(session, request, action, 'this is neither an address nor a name');
  return forward(session, request, action, async () => {
    const address = await resolveHost(host);
    if (session.host.forbidden(address, port)) throw new AddressRefusal('the address is never connected to');
    return { type: 'direct-tcpip', data: directTcp(address, port) };
  });
}

/** `ssh -L port:/socket`. */
export function openDirectSocket(session: SshSession, request: PeerOpen): Promise<void> {
  const path = readDirectSocket(request.data);
  const action = forwardAction(session.scene, 'direct-streamlocal', { path: path ?? '' });
  if (path === undefined) return refused(session, request, action, 'the path is not absolute and plain');
  return forward(session, request, action, () =>
    Promise.resolve({ type: 'direct-streamlocal@openssh.com', data: directSocket(path) }),
  );
}

function refused(session: SshSession, request: PeerOpen, action: Action, text: string): Promise<void> {
  const refusal = session.refuse(session.nextSeq(), action, { code: 'unsupported', text });
  request.refuse('prohibited', refusalText(refusal).trim());
  return Promise.resolve();
}

/** Judged first: asking for an address tells somebody else what is asked here. Never rejects. */
async function forward(
  session: SshSession,
  request: PeerOpen,
  action: Action,
  destination: () => Promise<Destination>,
): Promise<void> {
  const seq = session.nextSeq();
  const verdict = await session.judge(
    seq,
    { request: action, action, opaque: true },
    { pending: () => undefined, signal: session.over },
  );
  if (verdict.kind === 'deny') return request.refuse('prohibited', refusalText(verdict).trim());
  try {
    await connect(session, request, { seq, action, verdict }, await destination());
  } catch (error) {
    const text = error instanceof AddressRefusal ? error.message : 'the connection could not be forwarded';
    session.settle(seq, verdict, text, 'failed');
    request.refuse(error instanceof AddressRefusal ? 'prohibited' : 'connectFailed', text);
  }
}

interface Judged {
  readonly seq: number;
  readonly action: Action;
  readonly verdict: Permitted<Action>;
}

async function connect(
  session: SshSession,
  request: PeerOpen,
  judged: Judged,
  { type, data }: Destination,
): Promise<void> {
  judged.verdict.permit.take();
  session.log.note('channel', judged.seq, { kind: judged.action.kind });
  const target = await session.upstream.connection.open(type, data);
  if (isRefused(target)) throw new Error('refused by the target');
  if (session.over.aborted) return target.abort();
  new Relay(session, { ...judged, client: request.accept(), target });
}
