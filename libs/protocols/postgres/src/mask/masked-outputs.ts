import {
  type ColumnRef,
  type MaskMethod,
  type Obligation,
  maskedObject,
  objectId,
  type OutputColumn,
  type ResultShape,
} from '@sallyport/domain';
import { stricterMethod } from '@sallyport/masking';

/** Per output column: the method that may be applied to it, `blank` where only hiding all of it is safe. */
export type MaskedOutput = MaskMethod | 'blank' | undefined;

export type MaskedOutputs =
  { readonly ok: true; readonly outputs: readonly MaskedOutput[] } | { readonly ok: false; readonly reason: string };

/** The methods asked for, by column id. Of two for one column the stricter counts. */
export function methodsByColumn(obligations: readonly Obligation[]): ReadonlyMap<string, MaskMethod> {
  const methods = new Map<string, MaskMethod>();
  for (const obligation of obligations) {
    const { method } = obligation;
    const id = objectId(maskedObject(obligation));
    const other = methods.get(id);
    methods.set(id, other ? stricterMethod(method, other) : method);
  }
  return methods;
}

/**
 * What to do with each output column, by where its values come from. A result that cannot be traced, or that has another
 * number of columns than was traced, cannot be masked.
 */
export function maskedOutputs(
  shape: ResultShape | null | 'opaque',
  methods: ReadonlyMap<string, MaskMethod>,
  columns: number,
): MaskedOutputs {
  if (methods.size === 0) return { ok: true, outputs: new Array<MaskedOutput>(columns).fill(undefined) };
  if (shape === 'opaque') return { ok: false, reason: 'the origin of the result cannot be traced' };
  const traced = shape?.columns ?? [];
  if (traced.length !== columns) {
    return { ok: false, reason: `the result has ${columns} columns where ${traced.length} were traced` };
  }
  return { ok: true, outputs: traced.map((column) => maskedOutput(column, methods)) };
}

function maskedOutput(column: OutputColumn, methods: ReadonlyMap<string, MaskMethod>): MaskedOutput {
  const [only, ...others] = column.sources;
  if (column.direct && only && others.length === 0) return methods.get(objectId(only));
  return column.sources.some((source) => methods.has(objectId(source))) ? 'blank' : undefined;
}

/** Whether the trace knows that values of `column` can flow into this output. */
export function isTraced(output: OutputColumn | undefined, column: ColumnRef): boolean {
  const id = objectId(column);
  return output?.sources.some((source) => objectId(source) === id) ?? false;
}
