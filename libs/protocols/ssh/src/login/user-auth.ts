import type { Authenticated } from '@sallyport/enforcement';
import { ByteReader, ByteWriter, WireError } from '@sallyport/wire-kit';
import { readBoolean, readString, readText } from '../connection/wire.js';
import { number, putString } from '../transport/message-numbers.js';
import type { SshTransport } from '../transport/transport.js';
import { offeredKey, signatureHolds, type OfferedKey } from './public-key.js';

/** Failed proofs before the connection ends. */
const maxFailures = 6;
/** Requests of any kind, also those that only ask what there is. */
const maxRequests = 20;

export interface LoginPorts {
  /** Resolves undefined, or rejects, when the token proves nobody. */
  token(token: string): Promise<Authenticated | undefined>;
  /** Called for a key whose signature was verified. Absent: no public keys here. */
  readonly key?: (key: OfferedKey) => Promise<Authenticated | undefined>;
  /** Everything between the proof and the session. The client hears of success only once it resolves. */
  admit(userName: string, authenticated: Authenticated): Promise<void>;
  /** Admission failed; must end the connection. */
  failed(error: unknown): void;
}

/**
 * The server's side of RFC 4252. The user name is fixed by the first request, requests are answered one at a time, and
 * only a verified signature or a token is ever proof: asking whether a key would do is not (CVE-2024-45337).
 */
export class UserAuth {
  #service = false;
  #userName: string | undefined;
  #requests = 0;
  #failures = 0;
  #busy = false;
  #prompted = false;
  #done = false;

  constructor(
    private readonly transport: SshTransport,
    private readonly ports: LoginPorts,
  ) {}

  get done(): boolean {
    return this.#done;
  }

  /** Shown by the client before it is in (RFC 4252 §5.4). */
  banner(text: string): void {
    if (!this.#done) this.#send(putString(putString(start(number.userauthBanner), text), ''));
  }

  /** One message before success. Throws a WireError. */
  receive(payload: Buffer): void {
    const reader = new ByteReader(payload, 1);
    if (payload[0] === number.serviceRequest) return this.#serviceRequest(readText(reader));
    if (!this.#service || this.#busy) throw new WireError('a message while none is expected');
    if (payload[0] === number.userauthRequest) return this.#request(payload, reader);
    if (payload[0] === number.userauthInfoResponse && this.#prompted) return this.#infoResponse(reader);
    throw new WireError(`message ${payload[0]} before login`);
  }

  #serviceRequest(name: string): void {
    if (this.#service || name !== 'ssh-userauth') throw new WireError('no such service now');
    this.#service = true;
    this.#send(putString(start(number.serviceAccept), name));
  }

  #request(payload: Buffer, reader: ByteReader): void {
    const [userName, service, method] = [readText(reader), readText(reader), readText(reader)];
    this.#userName ??= userName;
    if (userName !== this.#userName || service !== 'ssh-connection') throw new WireError('user or service changed');
    if (++this.#requests > maxRequests) return this.transport.disconnect('noMoreAuthMethods', 'too many attempts');
    // A new request drops a prompt that was not answered (RFC 4252 §5.1).
    this.#prompted = false;
    switch (method) {
      case 'password':
        // A new password is nothing that can be had here.
        if (readBoolean(reader)) return this.#fail();
        return this.#prove(this.#tokenOf(reader));
      case 'keyboard-interactive':
        return this.#prompt();
      case 'publickey':
        return this.#publicKey(payload, reader);
      default:
        return method === 'none' ? this.#answerFailure() : this.#fail();
    }
  }

  #tokenOf(reader: ByteReader): Promise<Authenticated | undefined> {
    const token = readText(reader);
    reader.done();
    return this.ports.token(token);
  }

  #prompt(): void {
    const request = putString(putString(putString(start(number.userauthMethod), ''), ''), '').uint32(1);
    this.#prompted = true;
    this.#send(putString(request, 'Sallyport token: ').uint8(0));
  }

  #infoResponse(reader: ByteReader): void {
    this.#prompted = false;
    if (reader.uint32() !== 1) return this.#fail();
    this.#prove(this.#tokenOf(reader));
  }

  #publicKey(payload: Buffer, reader: ByteReader): void {
    const signed = readBoolean(reader);
    const algorithm = readString(reader).toString('latin1');
    const blob = readString(reader);
    const key = offeredKey(algorithm, blob);
    const { key: authenticate } = this.ports;
    if (!key || !authenticate) return signed ? this.#fail() : this.#answerFailure();
    if (!signed) {
      // Says only that the algorithm is fine. Which keys are known is learnt by nobody who cannot sign with them.
      reader.done();
      return this.#send(putString(putString(start(number.userauthMethod), algorithm), blob));
    }
    const request = payload.subarray(0, reader.position);
    const signature = readString(reader);
    reader.done();
    const { sessionId } = this.transport;
    if (!signatureHolds({ sessionId, request, algorithm, blob, signature })) return this.#fail();
    this.#prove(authenticate(key));
  }

  #prove(proof: Promise<Authenticated | undefined>): void {
    this.#busy = true;
    void proof
      .catch(() => undefined)
      .then(async (authenticated) => {
        if (this.transport.closed) return;
        if (!authenticated) {
          this.#busy = false;
          return this.#fail();
        }
        await this.ports.admit(this.#userName!, authenticated);
        if (this.transport.closed) return;
        this.#done = true;
        this.#send(start(number.userauthSuccess));
      })
      .catch((error: unknown) => this.ports.failed(error));
  }

  #fail(): void {
    this.#failures += 1;
    if (this.#failures >= maxFailures)
      return this.transport.disconnect('noMoreAuthMethods', 'too many failed attempts');
    this.#answerFailure();
  }

  #answerFailure(): void {
    const methods = `${this.ports.key ? 'publickey,' : ''}password,keyboard-interactive`;
    this.#send(putString(start(number.userauthFailure), methods).uint8(0));
  }

  #send(writer: ByteWriter): void {
    this.transport.send(writer.finish());
  }
}

function start(type: number): ByteWriter {
  return new ByteWriter(64).uint8(type);
}
