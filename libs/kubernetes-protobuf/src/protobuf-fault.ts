/** A body that is not understood whole. The text may name kinds and field numbers, never a value. */
export class ProtobufFault extends Error {
  override readonly name = 'ProtobufFault';
}
