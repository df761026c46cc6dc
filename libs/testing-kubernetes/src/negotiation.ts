import { StatusError } from './status-error.js';

/** How the client wants an object: as it is, as rows of a table, or its metadata alone. */
export interface Representation {
  readonly as: 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  readonly type: 'json' | 'yaml';
}

const offered = ['application/json', 'application/yaml'];

/**
 * Takes the first clause of an Accept header that can be served. Protobuf and CBOR cannot: a client that asks for
 * nothing else gets 406, as from a server without the encoding.
 * @throws StatusError 406
 */
export function negotiate(accept: string | undefined): Representation {
  const clauses = (accept ?? '')
    .split(',')
    .map((clause) => clause.trim())
    .filter((clause) => clause !== '');
  if (clauses.length === 0) return { as: 'object', type: 'json' };
  for (const clause of clauses) {
    const [mediaType = '', ...parameters] = clause.split(';').map((part) => part.trim());
    const type = typeOf(mediaType.toLowerCase());
    if (!type) continue;
    const as = parameters.find((parameter) => parameter.startsWith('as='))?.slice(3);
    if (as === undefined) return { as: 'object', type };
    const known = as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList';
    const version = parameters.find((parameter) => parameter.startsWith('v='))?.slice(2) ?? 'v1';
    if (known && version === 'v1' && parameters.includes('g=meta.k8s.io')) return { as, type };
  }
  throw StatusError.notAcceptable(offered);
}

function typeOf(mediaType: string): Representation['type'] | undefined {
  if (mediaType === '*/*' || mediaType === 'application/*' || mediaType === 'application/json') return 'json';
  return mediaType === 'application/yaml' ? 'yaml' : undefined;
}
