import type { KubernetesObject } from './kubernetes-object.js';
import type { ResourceKind } from './resource-kind.js';
import { columnsOf, customColumns } from './table-columns.js';

export interface TableOptions {
  /** What a row carries beside its cells. */
  readonly includeObject: string | null;
  /** Later events of a watch leave the headers out. */
  readonly noHeaders?: boolean;
}

/** Objects as rows (meta.k8s.io/v1 Table): what `kubectl get` asks for. */
export function tableOf(
  kind: ResourceKind,
  objects: readonly KubernetesObject[],
  metadata: object,
  options: TableOptions,
): object {
  const columns = kind.printerColumns ? customColumns(kind.printerColumns) : columnsOf(kind.kind);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: options.noHeaders
      ? null
      : columns.map(({ name, type, format, priority }) => ({
          name,
          type,
          format: format ?? '',
          description: '',
          priority,
        })),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object)),
      ...rowObject(object, options.includeObject),
    })),
  };
}

function rowObject(object: KubernetesObject, include: string | null): { object?: object } {
  if (include === 'None') return {};
  return { object: include === 'Object' ? object : partialMetadata(object) };
}

export function partialMetadata(object: KubernetesObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
