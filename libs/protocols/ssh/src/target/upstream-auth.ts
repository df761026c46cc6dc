import { ByteReader, ByteWriter, WireError } from '@sallyport/wire-kit';
import { readBoolean, readString, readText } from '../connection/wire.js';
import { number, putString } from '../transport/message-numbers.js';
import type { SshTransport } from '../transport/transport.js';
import type { LoginKey } from './login-key.js';
import { CredentialError, UpstreamError } from './upstream-error.js';

/** With what to log in: the key, or else the password. */
export interface Login {
  readonly username: string;
  readonly password?: string | undefined;
  readonly key: LoginKey | undefined;
}

type Method = 'publickey' | 'password' | 'keyboard-interactive';

/** The client's side of RFC 4252: logs in to the target with what the resource is configured with. */
export class UpstreamAuth {
  readonly #methods: Method[];
  #tried: Method | undefined;
  #algorithms: readonly string[];
  #answered = false;

  constructor(
    private readonly transport: SshTransport,
    private readonly login: Login,
    private readonly done: (error?: UpstreamError) => void,
  ) {
    this.#algorithms = login.key?.algorithms ?? [];
    this.#methods = login.key ? ['publickey'] : ['password', 'keyboard-interactive'];
  }

  start(): void {
    this.transport.send(putString(start(number.serviceRequest), 'ssh-userauth').finish());
  }

  /** One message before success. Throws a WireError. */
  receive(payload: Buffer): void {
    const reader = new ByteReader(payload, 1);
    switch (payload[0]) {
      case number.serviceAccept:
        return this.#next(this.#methods);
      case number.userauthBanner:
        return;
      case number.userauthFailure:
        return this.#failed(readText(reader).split(','));
      case number.userauthSuccess:
        if (!this.#tried) throw new WireError('success without a login');
        return this.done();
      case number.userauthMethod:
        if (this.#tried === 'keyboard-interactive') return this.#answer(reader);
        return this.done(new UpstreamError('the target asks for a new password'));
      default:
        throw new WireError(`message ${payload[0]} before login`);
    }
  }

  #failed(left: readonly string[]): void {
    if (this.#tried === 'publickey' && this.#algorithms.length > 0) return this.#publicKey();
    this.#next(this.#methods.filter((method) => left.includes(method)));
  }

  #next(methods: readonly Method[]): void {
    const [method] = methods;
    if (!method) return this.done(this.#refused());
    this.#methods.splice(0, this.#methods.indexOf(method) + 1);
    this.#tried = method;
    if (method === 'publickey') return this.#publicKey();
    const request = this.#request(method);
    if (method === 'password') putString(request.uint8(0), this.login.password ?? '');
    else putString(putString(request, ''), '');
    this.transport.send(request.finish());
  }

  #publicKey(): void {
    const key = this.login.key!;
    const algorithm = this.#algorithms[0]!;
    this.#algorithms = this.#algorithms.slice(1);
    const request = putString(putString(this.#request('publickey').uint8(1), algorithm), key.blob).finish();
    const signed = putString(new ByteWriter(512), this.transport.sessionId).raw(request).finish();
    const signature = key.sign(algorithm, signed);
    this.transport.send(putString(new ByteWriter(1024).raw(request), signature).finish());
  }

  #refused(): CredentialError {
    const { username, key } = this.login;
    if (!key?.certificate) return new CredentialError('the target refuses the credential');
    // Not before: the target may have accounts of its own for a principal.
    const isNamed = key.certificate.principals.includes(username);
    const hint = isNamed ? '' : ', which does not name the account';
    return new CredentialError(`the target refuses the certificate of the credential${hint}`);
  }

  /** RFC 4256: a server that asks one hidden question means the password. Anything else is a person's business. */
  #answer(reader: ByteReader): void {
    readString(reader);
    readString(reader);
    readString(reader);
    const questions = reader.uint32();
    const answer = start(number.userauthInfoResponse).uint32(questions);
    if (questions > 0) {
      readString(reader);
      const hidden = !readBoolean(reader);
      if (questions > 1 || !hidden || this.#answered) {
        return this.done(new UpstreamError('the target asks more than a password'));
      }
      this.#answered = true;
      putString(answer, this.login.password ?? '');
    }
    this.transport.send(answer.finish());
  }

  #request(method: Method): ByteWriter {
    const request = putString(start(number.userauthRequest), this.login.username);
    return putString(putString(request, 'ssh-connection'), method);
  }
}

function start(type: number): ByteWriter {
  return new ByteWriter(256).uint8(type);
}
