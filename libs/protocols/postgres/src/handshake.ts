import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import { ByteReader, WireError } from '@sallyport/wire-kit';
import { message, readString } from './codec.js';
import { HandshakeRefusal } from './handshake-refusal.js';
import { authentication, backend, frontend, startupCode } from './messages.js';
import { MessageStream } from './message-stream.js';
import { readStartupParameters, type StartupParameters } from './startup-parameters.js';

/** The server's own limit for a packet before authentication. Bytes. */
const maxStartupBytes = 10_000;
const tlsClientHello = 0x16;
const alpnProtocol = 'postgresql';

export interface Startup extends StartupParameters {
  readonly kind: 'startup';
  readonly stream: MessageStream;
  /** 0 or 2: protocol 3.0 or 3.2. */
  readonly minorVersion: 0 | 2;
}
export interface Cancel {
  readonly kind: 'cancel';
  readonly processId: number;
  readonly secret: Buffer;
}

/**
 * The client's side of a connection up to its StartupMessage: encryption requests in either form, version negotiation,
 * parameters. Section "Start-up" of the message flow. No credential was asked for yet, and none is before TLS is up.
 * Throws HandshakeRefusal where the client deserves an answer and WireError where it does not; `active` is told which
 * stream speaks to the client by now.
 */
export async function receiveStartup(
  socket: Socket,
  tls: SecureContext | undefined,
  signal: AbortSignal,
  active: (stream: MessageStream) => void,
): Promise<Startup | Cancel> {
  let stream = new MessageStream(socket, signal, maxStartupBytes);
  active(stream);
  let secured = false;
  let asked = 0;
  if (tls && (await stream.peek()) === tlsClientHello) {
    stream = await upgrade(stream, tls, signal);
    active(stream);
    if ((stream.socket as TLSSocket).alpnProtocol !== alpnProtocol) throw new WireError('direct TLS without its ALPN');
    secured = true;
    asked = 2;
  }
  for (;;) {
    const packet = new ByteReader(await stream.untyped());
    const code = packet.int32();
    if (code === startupCode.cancelRequest) return readCancel(packet);
    if (code === startupCode.sslRequest || code === startupCode.gssEncRequest) {
      packet.done();
      // Once each, and with nothing behind it: bytes sent ahead of the answer were not protected by what it agrees on.
      if (secured || (asked += 1) > 2 || stream.buffered > 0) throw new WireError('an encryption request out of place');
      if (code === startupCode.gssEncRequest || !tls) {
        stream.socket.write('N');
        continue;
      }
      stream.socket.write('S');
      stream = await upgrade(stream, tls, signal);
      active(stream);
      secured = true;
      continue;
    }
    if (tls && !secured)
      throw new HandshakeRefusal('28000', 'TLS is required', { H: 'Connect with sslmode=verify-full.' });
    return readStartup(stream, code, packet);
  }
}

function readCancel(packet: ByteReader): Cancel {
  const processId = packet.int32();
  return { kind: 'cancel', processId, secret: packet.slice(packet.remaining) };
}

function readStartup(stream: MessageStream, code: number, packet: ByteReader): Startup {
  const major = code >>> 16;
  const minor = code & 0xffff;
  if (major !== 3) throw new HandshakeRefusal('0A000', `protocol ${major}.${minor} is not supported: 3.0 and 3.2 are`);
  const parameters = readStartupParameters(packet);
  const spoken = minor >= 2 ? 2 : 0; // 3.1 never existed on the wire
  if (minor !== spoken || parameters.protocolOptions.length > 0) {
    stream.socket.write(negotiateProtocolVersion(spoken, parameters.protocolOptions));
  }
  return { kind: 'startup', stream, minorVersion: spoken, ...parameters };
}

/** The server sends the whole version number, not the minor one alone as the manual has it; libpq expects that. */
function negotiateProtocolVersion(minor: number, unknownOptions: readonly string[]): Buffer {
  return message(backend.negotiateProtocolVersion, (body) => {
    body.int32((3 << 16) | minor).int32(unknownOptions.length);
    for (const option of unknownOptions) body.terminated(option);
  });
}

async function upgrade(stream: MessageStream, tls: SecureContext, signal: AbortSignal): Promise<MessageStream> {
  const { socket } = stream;
  const early = stream.detach();
  if (early.length > 0) socket.unshift(early);
  const secure = new TLSSocket(socket, {
    isServer: true,
    secureContext: tls,
    ALPNProtocols: [alpnProtocol],
    minVersion: 'TLSv1.2',
  } as ConstructorParameters<typeof TLSSocket>[1]);
  secure.on('_tlsError', () => secure.destroy()).on('error', () => secure.destroy());
  await new Promise<void>((resolve, reject) => {
    const failed = (): void => reject(new WireError('the TLS handshake failed'));
    secure.once('secure', resolve).once('close', failed);
    signal.addEventListener('abort', failed, { once: true });
  });
  return new MessageStream(secure, signal, maxStartupBytes);
}

/**
 * Asks for the token, in the clear: the connection is protected, or the listener was set up without TLS. SCRAM would need
 * a verifier of every token, and the gateway knows tokens by their hash or their signature alone.
 */
export async function receiveToken(stream: MessageStream): Promise<string> {
  stream.socket.write(message(backend.authentication, (body) => body.int32(authentication.cleartext)));
  const answer = await stream.typed();
  if (answer[0] !== frontend.password) throw new WireError('a message out of place while the password is awaited');
  const token = readString(answer);
  // A client that talks on before it is told that it got in is guessing at a state that it does not know.
  if (stream.buffered > 0) throw new WireError('a message behind the password');
  return token;
}

/** AuthenticationOk. */
export const authenticationOk = message(backend.authentication, (body) => body.int32(authentication.ok));

export function backendKeyData(processId: number, secret: Buffer): Buffer {
  return message(backend.backendKeyData, (body) => body.int32(processId).raw(secret));
}
