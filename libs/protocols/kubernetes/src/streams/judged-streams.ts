import type { Action, ContextRecord } from '@sallyport/domain';
import type { TunnelHandler, TunnelSides } from '@sallyport/http-core';
import type { RequestHead } from '@sallyport/http-wire';
import { fingerprintOf } from '../request/fingerprint.js';
import { streamTunnel } from './stream-tunnel.js';
import type { RemoteCommandUse } from './stream-use.js';

/** What the query of a request for streams says. */
export interface StreamParameters {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
  /** Decimal, in the request's order. */
  readonly ports: readonly string[];
}

/**
 * The streams of an exec, attach or portForward, held to what was judged. A port forward that names its ports is held to
 * those; one that names none has the port of each connection judged when it is opened, as if the request had named it.
 * Throws WireFault 400 where no stream protocol is offered that can be read here.
 */
export function judgedStreams(
  head: RequestHead,
  action: Action,
  parameters: StreamParameters,
  mask?: RemoteCommandUse['mask'],
): TunnelHandler {
  if (action.kind !== 'portForward') {
    const { stdin, stdout, stderr, tty } = parameters;
    return streamTunnel(head, { kind: 'remoteCommand', stdin, stdout, stderr, tty, mask });
  }
  const ports = parameters.ports.map(Number);
  return streamTunnel(head, {
    kind: 'portForward',
    ports,
    mayForward: (port, sides) => (ports.length > 0 ? ports.includes(port) : permitsPort(sides, action, port)),
  });
}

function permitsPort(sides: TunnelSides, action: Action, port: number): boolean {
  const facts = action.context.kubernetes as ContextRecord;
  const context = { ...action.context, kubernetes: { ...facts, ports: [String(port)] } };
  return sides.permits({
    ...action,
    text: `${action.text} to port ${port}`,
    context,
    fingerprint: fingerprintOf(action.kind, action.effects, context, action.lineage.fields ?? []),
  });
}
