/** Why a connection ends before there is a session. The message is sent to the client as FATAL. */
export class HandshakeRefusal extends Error {
  override readonly name = 'HandshakeRefusal';
  constructor(
    readonly sqlState: string,
    message: string,
    readonly fields: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}
