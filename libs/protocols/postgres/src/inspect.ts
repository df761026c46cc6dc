import { createHash } from 'node:crypto';
import type { Action, Exchange, Phase } from '@sallyport/domain';
import type { StatementInspection } from '@sallyport/sql';
import { utf8, type BindMessage } from './codec.js';
import type { FormatCode } from './messages.js';
import type { SessionState } from './session-state.js';

/** The right to use a resource at all: judged once, before the target is dialled. */
export function connectAction(resource: string): Action {
  return {
    protocol: 'postgres',
    kind: 'connect',
    text: `connect to ${resource}`,
    effects: [{ verb: 'connect', object: { kind: 'Resource', resource } }],
    context: {},
    lineage: { results: [], usedElsewhere: [] },
    fingerprint: 'connect',
  };
}

/** What is recorded of a request that has no meaning to judge. It has no effects, so nothing could permit it. */
export function meaninglessAction(kind: string, text: string): Action {
  return {
    protocol: 'postgres',
    kind,
    text,
    effects: [],
    context: {},
    lineage: { results: [], usedElsewhere: [] },
    fingerprint: 'refused',
  };
}

/** Longest parameter that is shown as it is. Characters. */
const maxShownChars = 65_536;

/**
 * Parameters as a reviewer reads them and as an approval binds them: text as it is, binary as hex, long ones by digest.
 * Throws EncodingError.
 */
export function parametersOf(bind: BindMessage): readonly (string | null)[] {
  const { parameters, parameterFormats } = bind;
  return parameters.map((value, at) => {
    if (value === null) return null;
    const format = parameterFormats.length > 1 ? parameterFormats[at] : parameterFormats[0];
    if (format === 1) return value.length * 2 > maxShownChars ? digest(value) : `\\x${value.toString('hex')}`;
    const text = utf8(value);
    return text.length > maxShownChars ? digest(value) : text;
  });
}

function digest(value: Buffer): string {
  return `sha256:${createHash('sha256').update(value).digest('hex')} (${value.length} bytes)`;
}

/** Whatever else than the text decides what a request does. */
export interface Circumstances {
  readonly parameters?: readonly (string | null)[];
  readonly parameterTypes?: readonly number[];
  readonly parameterFormats?: readonly FormatCode[];
}

/** One message on its way through enforcement. Its binding is computed only where an approval asks for it. */
export class SqlExchange implements Exchange<Buffer> {
  readonly parameters: readonly (string | null)[] | undefined;

  constructor(
    readonly seq: number,
    readonly phase: Phase,
    readonly request: Buffer,
    readonly action: Action,
    private readonly statements: readonly StatementInspection[],
    private readonly state: SessionState,
    private readonly circumstances: Circumstances = {},
  ) {
    this.parameters = circumstances.parameters;
  }

  get binding(): string {
    return bindingOf(this.statements, this.state, this.circumstances);
  }
}

/** Names resolve to the same relations on the same path, with parameters of the same types: or the approval is void. */
export function bindingOf(
  statements: readonly StatementInspection[],
  state: SessionState,
  circumstances: Circumstances,
): string {
  return JSON.stringify([
    state.searchPath,
    [...state.tempRelations].sort(),
    statements.map((statement) => statement.relations),
    circumstances.parameterTypes ?? [],
    circumstances.parameterFormats ?? [],
  ]);
}
