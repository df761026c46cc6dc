import type { Claims } from '../issuer-config.js';
import type { TokenRefusal } from '../refusal.js';
import { parseStrictObject } from './strict-json.js';

/** Longer ones are not looked at. Characters. */
export const maxTokenLength = 16 * 1024;
const maxHeaderLength = 8 * 1024;
/** Base64url of an RSA signature by the largest key that is accepted, with room. Characters. */
const maxSignatureLength = 1400;

export interface ParsedToken {
  readonly algorithm: string;
  readonly keyId: string | undefined;
  /** Lower case, without `application/`; empty when the header says nothing. */
  readonly type: string;
  readonly claims: Claims;
  /** What was signed. */
  readonly input: Buffer;
  readonly signature: Buffer;
}

/**
 * A JWS in compact serialisation (RFC 7515 §3.1), at most `maxTokenLength`, taken apart; nothing of it is proved yet. `jku`, `x5u`, `jwk`, `x5c` and
 * `x5t` are left where they are: keys come from the configured issuer alone (RFC 8725 §3.10).
 */
export function parseToken(token: string): ParsedToken | TokenRefusal {
  const parts = token.split('.', 6);
  if (parts.length === 5) return 'encrypted';
  if (parts.length !== 3) return 'malformed';
  const [encodedHeader, encodedPayload, encodedSignature] = parts as [string, string, string];
  if (encodedHeader.length > maxHeaderLength || encodedSignature.length > maxSignatureLength) return 'too-large';

  const header = decodeObject(encodedHeader);
  // An empty payload is a detached one (RFC 7515 appendix F): what it stands for is not here.
  const claims = decodeObject(encodedPayload);
  const signature = decode(encodedSignature);
  if (!header || !claims || !signature) return 'malformed';

  // RFC 7515 §4.1.11: who does not understand an extension must refuse. `b64` and `zip` change what the signature is
  // over; `cty` says that the payload is another token (RFC 7519 §5.2).
  if (['crit', 'b64', 'zip', 'enc', 'cty'].some((name) => Object.hasOwn(header, name))) return 'header';
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string') return 'malformed';
  if (Object.hasOwn(header, 'kid') && typeof kid !== 'string') return 'header';
  const type = Object.hasOwn(header, 'typ') ? mediaType(typ) : '';
  if (type === undefined) return 'type';

  return {
    algorithm: alg,
    keyId: kid as string | undefined,
    type,
    claims,
    input: Buffer.from(token.slice(0, encodedHeader.length + 1 + encodedPayload.length), 'latin1'),
    signature,
  };
}

/** RFC 7515 §4.1.9: `application/` may be left out, and case does not matter. */
function mediaType(typ: unknown): string | undefined {
  if (typeof typ !== 'string') return undefined;
  return typ.toLowerCase().replace(/^application\//, '') || undefined;
}

function decodeObject(part: string): Claims | undefined {
  const bytes = decode(part);
  return bytes && parseStrictObject(bytes);
}

/** Only what an encoder writes: no padding, no other alphabet, no stray bits, so that each token has one spelling. */
function decode(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url');
  return bytes.length > 0 && bytes.toString('base64url') === part ? bytes : undefined;
}
