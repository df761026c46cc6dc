import type { ToGateway } from '@sallyport/gateway-contract';

/** A message to a gateway that nobody asked for. */
export type GatewayPush = {
  [T in keyof ToGateway]: { readonly type: T; readonly body: ToGateway[T] };
}[keyof ToGateway];
