import { createHash } from 'node:crypto';
import { bodyOf, message } from './codec.js';
import { authentication, backend, frontend } from './messages.js';
import type { MessageStream } from './message-stream.js';
import { ScramClient } from './scram.js';
import { UpstreamError } from './upstream-error.js';

export interface UpstreamCredential {
  readonly username: string;
  readonly password?: string;
}

/**
 * Answers the target's authentication requests up to AuthenticationOk. A password is never sent in a form that a
 * listener could use, unless the connection is encrypted: cleartext needs TLS, MD5 needs TLS or loopback.
 * @param first the message that came after the StartupMessage
 */
export async function logIn(
  stream: MessageStream,
  first: Buffer,
  credential: UpstreamCredential,
  path: { readonly encrypted: boolean; readonly loopback: boolean },
): Promise<void> {
  let scram: ScramClient | undefined;
  let proven = true;
  for (let received = first; ; received = await stream.typed()) {
    if (received[0] !== backend.authentication)
      throw new UpstreamError('the target broke off authentication', received);
    const body = bodyOf(received);
    switch (body.int32()) {
      case authentication.ok:
        if (!proven) throw new UpstreamError('the target did not prove that it knows the password');
        return;
      case authentication.cleartext:
        if (!path.encrypted) throw new UpstreamError('the target asks for a cleartext password without TLS');
        send(stream, passwordOf(credential));
        break;
      case authentication.md5:
        if (!path.encrypted && !path.loopback)
          throw new UpstreamError('the target asks for an MD5 password without TLS');
        send(stream, md5Answer(credential, body.slice(4)));
        break;
      case authentication.sasl:
        if (!mechanisms(body.slice(body.remaining)).includes('SCRAM-SHA-256')) {
          throw new UpstreamError('the target offers no authentication that is supported');
        }
        scram = new ScramClient(passwordOf(credential));
        proven = false;
        sendInitialResponse(stream, scram.first());
        break;
      case authentication.saslContinue: {
        if (!scram) throw new UpstreamError('the target broke the order of authentication');
        const answer = await scram.final(body.slice(body.remaining).toString('utf8'));
        stream.socket.write(message(frontend.password, (out) => out.raw(Buffer.from(answer))));
        break;
      }
      case authentication.saslFinal:
        if (!scram?.verify(body.slice(body.remaining).toString('utf8'))) {
          throw new UpstreamError('the target did not prove that it knows the password');
        }
        proven = true;
        break;
      default:
        throw new UpstreamError('the target asks for an authentication that is not supported');
    }
  }
}

function passwordOf(credential: UpstreamCredential): string {
  if (credential.password === undefined)
    throw new UpstreamError('the target asks for a password and none is configured');
  return credential.password;
}

function send(stream: MessageStream, password: string): void {
  stream.socket.write(message(frontend.password, (body) => body.terminated(password)));
}

function sendInitialResponse(stream: MessageStream, first: string): void {
  const response = Buffer.from(first);
  stream.socket.write(
    message(frontend.password, (body) => body.terminated('SCRAM-SHA-256').int32(response.length).raw(response)),
  );
}

function mechanisms(list: Buffer): string[] {
  return list.toString('latin1').split('\0').filter(Boolean);
}

function md5Answer(credential: UpstreamCredential, salt: Buffer): string {
  const md5 = (...parts: (string | Buffer)[]): string => {
    const hash = createHash('md5');
    for (const part of parts) hash.update(part);
    return hash.digest('hex');
  };
  return `md5${md5(md5(passwordOf(credential), credential.username), salt)}`;
}
