import type { Channel, ChannelEvents } from '../connection/channel.js';
import type { SshSession } from '../session.js';

export function startFiles(_session: SshSession, channel: Channel): ChannelEvents {
  channel.close();
  return channel.events;
}
