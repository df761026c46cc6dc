import { ByteWriter } from '@sallyport/wire-kit';

/** RFC 4250 §4.1.2. */
export const number = {
  disconnect: 1,
  serviceRequest: 5,
  serviceAccept: 6,
  kexInit: 20,
  userauthRequest: 50,
  userauthFailure: 51,
  userauthSuccess: 52,
  userauthBanner: 53,
  /** PK_OK, PASSWD_CHANGEREQ or INFO_REQUEST, by the method under way. */
  userauthMethod: 60,
  userauthInfoResponse: 61,
  globalRequest: 80,
  requestSuccess: 81,
  requestFailure: 82,
  channelOpen: 90,
  channelOpenConfirmation: 91,
  channelOpenFailure: 92,
  channelWindowAdjust: 93,
  channelData: 94,
  channelExtendedData: 95,
  channelEof: 96,
  channelClose: 97,
  channelRequest: 98,
  channelSuccess: 99,
  channelFailure: 100,
} as const;

/** RFC 4250 §4.2.2. */
export const disconnectReasons = {
  hostNotAllowed: 1,
  protocolError: 2,
  serviceNotAvailable: 7,
  connectionLost: 10,
  byApplication: 11,
  tooManyConnections: 12,
  noMoreAuthMethods: 14,
} as const;
export type DisconnectReason = keyof typeof disconnectReasons;

/** Text as the SSH wire carries it: its length and its bytes. */
export function putString(writer: ByteWriter, value: string | Uint8Array): ByteWriter {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return writer.uint32(bytes.length).raw(bytes);
}

export function disconnectMessage(reason: DisconnectReason, text: string): Buffer {
  const writer = new ByteWriter(64 + text.length).uint8(number.disconnect).uint32(disconnectReasons[reason]);
  return putString(putString(writer, text), '').finish();
}
