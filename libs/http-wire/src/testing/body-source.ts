import type { BodyReader, BodySink, WireFault } from '../message.js';

/** A request body that a test feeds. */
export class BodySource implements BodyReader {
  sink: BodySink | undefined;
  paused = false;
  cancelled = 0;
  /** Called when the receiver wants more. */
  onWanted: () => void = () => undefined;

  /** One that gives these chunks, a turn of the event loop apart, when and as long as they are wanted. */
  static of(chunks: Iterable<Buffer>, fault?: WireFault): BodySource {
    const source = new BodySource();
    const iterator = chunks[Symbol.iterator]();
    let turning = false;
    const turn = (): void => {
      turning = false;
      if (source.paused || source.cancelled > 0) return;
      const next = iterator.next();
      if (!next.done) source.sink?.data(next.value);
      else if (fault === undefined) source.sink?.end();
      else source.sink?.error(fault);
      if (!next.done) source.onWanted();
    };
    source.onWanted = () => {
      if (turning) return;
      turning = true;
      setImmediate(turn);
    };
    return source;
  }

  start(sink: BodySink): void {
    this.sink = sink;
    this.onWanted();
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.onWanted();
  }

  cancel(): void {
    this.cancelled += 1;
  }
}
