import type { Action, ContextRecord, Obligation } from '@sallyport/domain';
import type { TunnelHandler, TunnelSides } from '@sallyport/http-core';
import type { RequestHead } from '@sallyport/http-wire';
import { terminalMask, type Question } from './answer/plan-answer.js';
import { fingerprintOf } from './request/fingerprint.js';
import type { Parameters } from './request/parameters.js';
import { streamTunnel } from './streams/stream-tunnel.js';

/**
 * What relays an exec, attach or port-forward, as it was judged.
 * @throws WireFault where no stream protocol is asked for that can be read
 */
export function clusterTunnel(
  head: RequestHead,
  action: Action,
  parameters: Parameters,
  question: Question,
): TunnelHandler {
  if (question.info.verb === 'portForward') {
    const ports = parameters.ports.map(Number);
    // What the request named was judged with it. Most clients name their ports only inside (K8-14).
    const mayForward = (port: number, sides: TunnelSides): boolean =>
      ports.length > 0 ? ports.includes(port) : sides.permits(forwardOf(action, port));
    return streamTunnel(head, { kind: 'portForward', ports, mayForward });
  }
  const { stdin, stdout, stderr, tty } = parameters;
  const mask = (obligations: readonly Obligation[]) => {
    const texts = terminalMask(question, obligations);
    return texts && (() => texts.text());
  };
  return streamTunnel(head, { kind: 'remoteCommand', stdin, stdout, stderr, tty, mask });
}

/** The action of forwarding to one port, of a request that named none. */
function forwardOf(action: Action, port: number): Action {
  const kubernetes = { ...(action.context['kubernetes'] as ContextRecord), ports: [String(port)] };
  const context = { ...action.context, kubernetes };
  const { kind, effects, lineage, text } = action;
  return {
    ...action,
    text: `${text}\nport ${port}`,
    context,
    fingerprint: fingerprintOf(kind, effects, context, lineage.fields ?? []),
  };
}
