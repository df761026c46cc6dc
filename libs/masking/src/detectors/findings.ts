import type { MaskMethod } from '@sallyport/domain';
import { stricterMethod } from '../text-mask.js';
import type { OpenEnd } from './detector.js';

/**
 * How far a scan has come, and what it has found, in order. Findings that overlap become one, under the stricter method:
 * no byte of either is shown by the other's. Used again for text after text, so that looking at one makes nothing.
 */
export class Findings {
  /** Only the first `count` of each have a meaning. */
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly methods: MaskMethod[] = [];
  count = 0;
  /** The next byte to look at. */
  at = 0;
  /** Set while the last finding goes on past what has been read; it began to be open at `openFrom`. */
  open: OpenEnd | undefined;
  openFrom = 0;
  /** The beginning of the first finding is no longer known. */
  cut = false;

  restart(at: number): void {
    this.count = 0;
    this.at = at;
    this.open = undefined;
    this.cut = false;
  }

  add(start: number, end: number, method: MaskMethod): void {
    let from = start;
    let to = end;
    let strictest = method;
    for (let last = this.count - 1; last >= 0 && this.ends[last]! > from; last -= 1) {
      from = Math.min(from, this.starts[last]!);
      to = Math.max(to, this.ends[last]!);
      strictest = stricterMethod(strictest, this.methods[last]!);
      this.count = last;
    }
    this.starts[this.count] = from;
    this.ends[this.count] = to;
    this.methods[this.count] = strictest;
    this.count += 1;
  }

  /** The last one ends there. */
  endLast(end: number): void {
    this.ends[this.count - 1] = end;
  }

  /** Forgets the first findings and the first bytes. */
  drop(findings: number, bytes: number): void {
    for (let index = findings; index < this.count; index += 1) {
      this.starts[index - findings] = this.starts[index]! - bytes;
      this.ends[index - findings] = this.ends[index]! - bytes;
      this.methods[index - findings] = this.methods[index]!;
    }
    this.count -= findings;
    this.at -= bytes;
    this.openFrom -= bytes;
  }

  /** The strictest method of all. */
  get strictest(): MaskMethod | undefined {
    let strictest: MaskMethod | undefined;
    for (let index = 0; index < this.count; index += 1) {
      const method = this.methods[index]!;
      strictest = strictest === undefined ? method : stricterMethod(strictest, method);
    }
    return strictest;
  }
}
