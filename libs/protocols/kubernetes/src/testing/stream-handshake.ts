import { acceptOf, type HeaderField, type ResponseHead } from '@sallyport/http-wire';

/** What an upstream answers that agrees to one of the protocols it is offered. */
export function acceptAnswer(offer: readonly HeaderField[], protocol: string): ResponseHead {
  const key = offer.find(([name]) => name === 'sec-websocket-key')?.[1];
  const headers: HeaderField[] =
    key === undefined
      ? [['x-stream-protocol-version', protocol]]
      : [
          ['sec-websocket-accept', acceptOf(key)],
          ['sec-websocket-protocol', protocol],
        ];
  return { status: 101, headers, bodyLength: undefined };
}
