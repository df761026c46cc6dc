import type { MaskMethod } from '@sallyport/domain';
import { stricterMethod } from '../text-mask.js';
import type { OpenEnd } from './detector.js';

/**
 * How far a scan has come, and what it has found, in order. Findings that overlap become one, under the stricter method:
 * no byte of either is shown by the other's.
 */
export class Findings {
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly methods: MaskMethod[] = [];
  /** The next byte to look at. */
  at = 0;
  /** Set while the last finding goes on past what has been read; it began to be open at `openFrom`. */
  open: OpenEnd | undefined;
  openFrom = 0;

  get count(): number {
    return this.starts.length;
  }

  restart(at: number): void {
    this.starts.length = this.ends.length = this.methods.length = 0;
    this.at = at;
    this.open = undefined;
  }

  add(start: number, end: number, method: MaskMethod): void {
    let from = start;
    let to = end;
    let strictest = method;
    while (this.count > 0 && this.ends.at(-1)! > from) {
      from = Math.min(from, this.starts.pop()!);
      to = Math.max(to, this.ends.pop()!);
      strictest = stricterMethod(strictest, this.methods.pop()!);
    }
    this.starts.push(from);
    this.ends.push(to);
    this.methods.push(strictest);
  }

  /** The last one ends there. */
  endLast(end: number): void {
    this.ends[this.count - 1] = end;
  }

  /** Forgets the first findings and the first bytes. */
  drop(findings: number, bytes: number): void {
    this.starts.splice(0, findings);
    this.ends.splice(0, findings);
    this.methods.splice(0, findings);
    for (let index = 0; index < this.count; index += 1) {
      this.starts[index]! -= bytes;
      this.ends[index]! -= bytes;
    }
    this.at -= bytes;
    this.openFrom -= bytes;
  }
}
