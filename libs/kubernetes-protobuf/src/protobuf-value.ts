/** What a message says, as JSON would hold it. */
export type ProtobufValue = string | number | boolean | ProtobufValue[] | ProtobufObject;
/** Inherits nothing: a key may be `__proto__`. */
export interface ProtobufObject {
  [key: string]: ProtobufValue;
}

export function emptyObject(): ProtobufObject {
  return Object.create(null) as ProtobufObject;
}
