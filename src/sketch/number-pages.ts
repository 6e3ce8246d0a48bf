/**
 * Pages of 16 numbers, chained backwards: how a hundred thousand short series lie in memory without an object each.
 * A number of 5 values costs one page. Slabs are never moved or copied; a released page is used again.
 */
import { InvariantError } from "../base/errors.ts";

export const PAGE_LENGTH = 16;
const PAGE_BITS = 4;
/** Pages in a slab: 512 KiB of doubles. */
const SLAB_BITS = 12;
const SLAB_MASK = (1 << SLAB_BITS) - 1;
/** 2^31 values: 16 GiB of doubles. */
const PAGES_MAX = 1 << 27;
export const NO_PAGE = -1;

export class NumberPages<A extends Float32Array | Float64Array> {
  readonly #newSlab: (length: number) => A;
  readonly #slabs: A[] = [];
  /** Beside each slab, the page before each of its pages: a list that grew would be copied, and its copies linger. */
  readonly #links: Int32Array[] = [];
  #firstFree = NO_PAGE;
  #pageCount = 0;

  constructor(newSlab: (length: number) => A) {
    this.#newSlab = newSlab;
  }

  /** A page that follows `previous`, or begins a chain at {@link NO_PAGE}. */
  take(previous: number): number {
    let page = this.#firstFree;
    if (page === NO_PAGE) page = this.#grow();
    else this.#firstFree = this.#before(page);
    this.#links[page >>> SLAB_BITS]![page & SLAB_MASK] = previous;
    return page;
  }

  set(page: number, index: number, value: number): void {
    this.#slabs[page >>> SLAB_BITS]![((page & SLAB_MASK) << PAGE_BITS) | index] = value;
  }

  /** Copies the `count` numbers of the chain that ends in `last` to `into`, in the order in which they came. */
  gather(last: number, count: number, into: Float64Array): void {
    let page = last;
    let end = count;
    while (end > 0) {
      const begin = (end - 1) & ~(PAGE_LENGTH - 1);
      const slab = this.#slabs[page >>> SLAB_BITS]!;
      const from = (page & SLAB_MASK) << PAGE_BITS;
      for (let i = begin; i < end; i++) into[i] = slab[from + i - begin]!;
      page = this.#before(page);
      end = begin;
    }
  }

  /** Gives a whole chain back. */
  release(last: number): void {
    let page = last;
    while (page !== NO_PAGE) {
      const previous = this.#before(page);
      this.#links[page >>> SLAB_BITS]![page & SLAB_MASK] = this.#firstFree;
      this.#firstFree = page;
      page = previous;
    }
  }

  #before(page: number): number {
    return this.#links[page >>> SLAB_BITS]![page & SLAB_MASK]!;
  }

  #grow(): number {
    const page = this.#pageCount++;
    if (page === PAGES_MAX)
      throw new InvariantError("open series hold more than 2^31 numbers; lower the segment's bounds");
    if ((page & SLAB_MASK) === 0) {
      this.#slabs.push(this.#newSlab(PAGE_LENGTH << SLAB_BITS));
      this.#links.push(new Int32Array(1 << SLAB_BITS));
    }
    return page;
  }
}
