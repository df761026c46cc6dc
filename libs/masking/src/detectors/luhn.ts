/** ISO/IEC 7812-1 annex B, fed from the left: which digits are doubled shows only once the last one is known. */
export class Luhn {
  #asEven = 0;
  #asOdd = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#asEven = 0;
    this.#asOdd = 0;
    this.#count = 0;
  }

  add(value: number): void {
    const doubled = value < 5 ? 2 * value : 2 * value - 9;
    // Every second digit is doubled, the last one not.
    const even = this.#count % 2 === 0;
    this.#asEven += even ? doubled : value;
    this.#asOdd += even ? value : doubled;
    this.#count += 1;
  }

  get valid(): boolean {
    return (this.#count % 2 === 0 ? this.#asEven : this.#asOdd) % 10 === 0;
  }
}
