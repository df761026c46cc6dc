import type { Action, Obligation, Principal, Protocol, Reason } from '@sallyport/domain';
import type { ApprovalOutcome, Capabilities, RecorderPort, ResourceBinding } from '@sallyport/enforcement';
import type { HeaderField, RequestHead, ResponseHead, Tunnel } from '@sallyport/http-wire';
import type { StreamMask } from '@sallyport/masking';

/** One protocol on HTTP: what it says about requests and answers. Everything else is the same for all of them. */
export interface HttpProtocol {
  readonly protocol: Extract<Protocol, 'http' | 'kubernetes' | 'mcp'>;
  /** First path segment at the gateway, as in `/k8s/RESOURCE/...`. */
  readonly prefix: string;
  readonly capabilities: Capabilities;
  /** The credential that the client shows; undefined: it shows none. */
  credentialOf(head: RequestHead): string | undefined;
  /** Made once per revision of a resource, for all its sessions. Throws when its settings cannot be understood. */
  target(binding: ResourceBinding, services: TargetServices): HttpTarget;
  /** A refusal in the protocol's own words. */
  refusal(refusal: Refusal, head: RequestHead): LocalResponse;
}

export interface TargetServices {
  /** Key for stable pseudonyms, 32 bytes. */
  readonly pseudonymKey: Uint8Array;
}

export interface HttpTarget {
  /** What a request means, reading as much of its body as that takes. Must not throw or reject: what is wrong is `refused`. */
  inspect(request: InspectedRequest): Inspection | Promise<Inspection>;
}

export interface InspectedRequest {
  /** Its target begins after what names the resource. */
  readonly head: RequestHead;
  /** How the resource was named: in the path, or as the host. */
  readonly by: 'path' | 'host';
  readonly principal: Principal;
  readonly clientAddress: string;
  readonly hasBody: boolean;
  /** The whole body. Rejects with a WireFault: 413 above the limit, 400 when it breaks off. Once, and then it cannot stream. */
  readBody(maxBytes: number): Promise<Buffer>;
  /** Asks the upstream a question of the gateway's own, under the resource's credential; small bodies only. */
  ask(request: AskedUpstream): Promise<UpstreamAnswer>;
}
export interface AskedUpstream {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly HeaderField[];
  readonly body?: Buffer;
  readonly maxBytes: number;
}
export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: readonly HeaderField[];
  readonly body: Buffer;
}

export type Inspection = Refused | Understood;

/** Recorded like any other decision, and answered in the protocol's own words. */
export interface Refused {
  readonly kind: 'refused';
  readonly status: number;
  readonly reason: Reason;
  /** What is known of it, for the record. */
  readonly text?: string;
  readonly retryAfterSeconds?: number;
  /** The connection cannot be trusted to be in step any more. */
  readonly close?: boolean;
}

export interface Understood {
  readonly kind: 'understood';
  readonly action: Action;
  readonly parameters?: readonly (string | null)[];
  readonly binding?: string;
  readonly forward: ForwardRequest;
  /** How the answer is treated under these obligations. Undefined: they cannot be met, and nothing is sent. */
  answer(obligations: readonly Obligation[]): AnswerPlan | undefined;
  /** For a request to switch protocols. */
  readonly tunnel?: TunnelHandler;
  /**
   * What a client that was held is told when nobody decided in time: to ask again under the approval's id, or to send the
   * same request again, which finds its approval by what it says.
   */
  readonly resume: 'by-id' | 'by-content';
  /** For a request that people decide on: what it would change, asked of the target without any effect. */
  enrich?(): Promise<{ readonly action: Action; readonly binding?: string }>;
  /** Reads the meaning again when approval has come; undefined: as it was. For what depends on the target's state. */
  reinspect?(): Promise<{ readonly action: Action; readonly binding?: string } | undefined>;
}

/** What reaches the target if it is permitted. */
export interface ForwardRequest {
  readonly method: string;
  /** Canonical path and query; what the resource's upstream has in front comes before it. */
  readonly path: string;
  /** From an allow-list. The credential and what frames the message are added later. */
  readonly headers: readonly HeaderField[];
  /** `stream`: as it arrives. */
  readonly body: 'none' | 'stream' | Buffer;
  readonly upgrade?: string;
}

export interface AnswerPlan {
  /** Sent in place of what was inspected, where less of the request need be hidden from its target than was. */
  readonly forward?: ForwardRequest;
  /** Looks at the head of the answer. */
  open(head: ResponseHead): OpenedAnswer;
}
export type OpenedAnswer =
  | {
      readonly kind: 'pass';
      readonly head: ResponseHead;
      /** Content codings to take off before the mask, outermost last, as in Content-Encoding. */
      readonly decode?: readonly string[];
      readonly mask?: StreamMask;
      /**
       * For an answer that goes on until somebody ends it: its head goes out at once, and this is the last that a client gets
       * whose answer is cut. Comes between two pieces that the mask gave out.
       */
      readonly farewell?: (reason: string) => Buffer;
    }
  | { readonly kind: 'refuse'; readonly status: number; readonly reason: Reason };

/** What a tunnel keeps of itself. Bytes are written before they are forwarded: flush first. */
export type TunnelTape = Pick<RecorderPort, 'request' | 'response' | 'note' | 'flush' | 'congested' | 'onDrain'>;

export interface TunnelSides {
  readonly client: Tunnel;
  readonly upstream: Tunnel;
  readonly tape: TunnelTape;
  readonly seq: number;
  /** Under what it was permitted. */
  readonly obligations: readonly Obligation[];
  /** Blots out, in place, the resource's own credential in a whole message of the target's. */
  hide(message: Buffer): Buffer;
  /** Judges, and records, what the request did not name and the tunnel would carry. What would need approval is denied. */
  permits(action: Action): boolean;
  /** Called once when both sides are closed. `completion` in the protocol's own words. */
  ended(completion: string, outcome: ApprovalOutcome): void;
}
export interface TunnelHandler {
  /** Headers that the upstream is asked with, beside `upgrade`. */
  readonly requestHeaders: readonly HeaderField[];
  /** Headers of the gateway's own 101 for the client; undefined: the upstream's answer is not what was asked for. */
  accept(head: ResponseHead): readonly HeaderField[] | undefined;
  relay(sides: TunnelSides): RunningTunnel;
}
export interface RunningTunnel {
  /** Ends it now, telling the client why in its own words. */
  terminate(reason: string): void;
}

/** Why a request is not answered by its target. */
export interface Refusal {
  readonly status: number;
  /** `unauthenticated`, `malformed`, `pending`, `unavailable`, or the ReasonCode of a decision. */
  readonly code: string;
  /** Safe to show. */
  readonly text: string;
  readonly decisionId?: string;
  readonly approval?: { readonly id: string; readonly url: string; readonly expiresAt: string };
  readonly retryAfterSeconds?: number;
}
export interface LocalResponse {
  readonly status: number;
  readonly headers: readonly HeaderField[];
  readonly body: Buffer;
}
