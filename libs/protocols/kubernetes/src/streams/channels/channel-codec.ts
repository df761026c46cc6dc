/** One message of the `channel.k8s.io` family: bytes on a numbered channel. */
export interface ChannelMessage {
  readonly channel: number;
  readonly data: Buffer;
}

export const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

export interface ChannelCodec {
  /** `nothing`: an empty message, which says nothing; undefined: it is malformed. */
  decode(data: Buffer, text: boolean): ChannelMessage | 'nothing' | undefined;
  encode(message: ChannelMessage): readonly Buffer[];
  readonly text: boolean;
}

/** Binary messages; the first byte is the channel. */
const binary: ChannelCodec = {
  text: false,
  decode: (data, text) => {
    if (text) return undefined;
    return data.length === 0 ? 'nothing' : { channel: data[0]!, data: data.subarray(1) };
  },
  encode: ({ channel, data }) => [Buffer.of(channel), data],
};

/** Text messages; the first character is the channel's digit, the rest base64. */
const base64: ChannelCodec = {
  text: true,
  decode: (data, text) => {
    if (!text) return undefined;
    if (data.length === 0) return 'nothing';
    const channel = data[0]! - 0x30;
    const encoded = data.toString('latin1', 1);
    const decoded = Buffer.from(encoded, 'base64');
    return channel < 0 || channel > 9 || decoded.toString('base64') !== encoded
      ? undefined
      : { channel, data: decoded };
  },
  encode: ({ channel, data }) => [Buffer.from(`${channel}${data.toString('base64')}`, 'latin1')],
};

/** By the name of the subprotocol. */
export function channelCodec(protocol: string): ChannelCodec {
  return protocol.endsWith('base64.channel.k8s.io') ? base64 : binary;
}
