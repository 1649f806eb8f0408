/**
 * How many objects the next page of a list may have, by what the last ones were like.
 *
 * | what came                                          | what the next page has       |
 * |----------------------------------------------------|------------------------------|
 * | nothing: too large, or not within its time         | half as many, at least one   |
 * | a page of more than the aim                        | half as many, at least one   |
 * | a full page of less than a quarter of the aim      | twice as many, up to the most |
 * | any other page                                     | as many                      |
 */
export class PageSize {
  readonly #max: number;
  readonly #aimBytes: number;
  #objects: number;

  constructor(max: number, aimBytes: number) {
    this.#max = max;
    this.#aimBytes = aimBytes;
    this.#objects = max;
  }

  get objects(): number {
    return this.#objects;
  }

  /** A page came. */
  took(page: { readonly objects: number; readonly bytes: number }): void {
    if (page.bytes > this.#aimBytes) this.#halve();
    else if (page.bytes * 4 < this.#aimBytes && page.objects >= this.#objects) {
      this.#objects = Math.min(this.#max, this.#objects * 2);
    }
  }

  /** No page of this size came. False when there is no smaller one. */
  refused(): boolean {
    const before = this.#objects;
    this.#halve();
    return this.#objects < before;
  }

  #halve(): void {
    this.#objects = Math.max(1, Math.floor(this.#objects / 2));
  }
}
