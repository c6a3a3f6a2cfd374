/** Fixed-size systematic sampler: keeps every Nth item, in bounded memory, and reports N. */

export interface Sample<A> {
  /** In order of arrival; includes the newest item kept. */
  readonly items: ReadonlyArray<A>
  /** N: the sample has every Nth item; 1 means all. */
  readonly every: number
}

export class Sampler<A> {
  readonly #maxItems: number
  #items: Array<A> = []
  /** Every `stride`th item is kept; doubles whenever the sampler is full. */
  #stride = 1
  #received = 0

  constructor(maxItems: number) {
    this.#maxItems = maxItems
  }

  push(item: A): void {
    if (this.#received++ % this.#stride !== 0) return
    this.#items.push(item)
    if (this.#items.length <= this.#maxItems) return
    this.#items = this.#items.filter((_, index) => index % 2 === 0)
    this.#stride *= 2
  }

  get isEmpty(): boolean {
    return this.#items.length === 0
  }

  /** Removes and returns a sample of at most `max` items (1 or more); the items left out are dropped. */
  take(max: number): Sample<A> {
    const all = this.#items
    const every = Math.max(1, Math.ceil(all.length / max))
    const last = all.length - 1
    const items = every === 1 ? all : all.filter((_, index) => (last - index) % every === 0)
    const stride = this.#stride
    this.#items = []
    this.#stride = 1
    this.#received = 0
    return { items, every: every * stride }
  }
}
