/**
 * Names for the bytes of the PostgreSQL frontend/backend protocol 3.x. Sections cited below are those of the chapter
 * "Frontend/Backend Protocol" of the PostgreSQL documentation.
 */

/** Message types a client sends (section "Message Formats"). */
export const frontend = {
  query: 0x51, // Q
  parse: 0x50, // P
  bind: 0x42, // B
  describe: 0x44, // D
  execute: 0x45, // E
  close: 0x43, // C
  flush: 0x48, // H
  sync: 0x53, // S
  functionCall: 0x46, // F
  copyData: 0x64, // d
  copyDone: 0x63, // c
  copyFail: 0x66, // f
  password: 0x70, // p, also every SASL response
  terminate: 0x58, // X
} as const;

/** Message types a server sends. */
export const backend = {
  authentication: 0x52, // R
  parameterStatus: 0x53, // S
  backendKeyData: 0x4b, // K
  readyForQuery: 0x5a, // Z
  negotiateProtocolVersion: 0x76, // v
  errorResponse: 0x45, // E
  noticeResponse: 0x4e, // N
  notificationResponse: 0x41, // A
  parseComplete: 0x31, // 1
  bindComplete: 0x32, // 2
  closeComplete: 0x33, // 3
  parameterDescription: 0x74, // t
  rowDescription: 0x54, // T
  noData: 0x6e, // n
  dataRow: 0x44, // D
  portalSuspended: 0x73, // s
  commandComplete: 0x43, // C
  emptyQueryResponse: 0x49, // I
  copyInResponse: 0x47, // G
  copyOutResponse: 0x48, // H
  copyBothResponse: 0x57, // W
  copyData: 0x64, // d
  copyDone: 0x63, // c
} as const;

/** First messages carry no type byte; the code stands where the protocol version would. */
export const startupCode = {
  cancelRequest: 80877102,
  sslRequest: 80877103,
  gssEncRequest: 80877104,
} as const;

/** `R` subtypes. */
export const authentication = { ok: 0, cleartext: 3, md5: 5, sasl: 10, saslContinue: 11, saslFinal: 12 } as const;

/** ReadyForQuery's status: idle, in a transaction block, in a failed one. */
export type TransactionStatus = 'I' | 'T' | 'E';

/** Text or binary, per column or parameter. */
export type FormatCode = 0 | 1;

/** One column of a RowDescription. */
export interface RowField {
  readonly name: string;
  /** Relation the column comes from, 0 for an expression. For a view's column: the view's. */
  readonly tableOid: number;
  /** Attribute number within that relation, 0 for an expression. */
  readonly attnum: number;
  readonly typeOid: number;
  readonly typeModifier: number;
  readonly format: FormatCode;
}

/**
 * Fields of an ErrorResponse or NoticeResponse by their one-letter code (section "Error and Notice Message Fields"), e.g.
 * `S` severity, `V` the same unlocalised, `C` SQLSTATE, `M` message, `D` detail, `H` hint, `P` position, `p` `q` internal,
 * `W` context, `s` `t` `c` `d` `n` names of schema, table, column, type and constraint, `F` `L` `R` source of the error.
 */
export type DiagnosticFields = Readonly<Record<string, string>>;
