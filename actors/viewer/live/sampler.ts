/** What is left of too many: one in so many, evenly, with the number said. Holds a bounded part of what came since it was taken last. */

export interface Taken<A> {
  /** In the order in which they came; the newest is among them. */
  readonly items: ReadonlyArray<A>
  /** They are one in so many of those that came; 1: all. */
  readonly every: number
}

export class Thinned<A> {
  readonly #limit: number
  #held: Array<A> = []
  /** Of what came, one in so many is held; doubles whenever there are too many. */
  #stride = 1
  #came = 0

  /** Holds at most `limit`. */
  constructor(limit: number) {
    this.#limit = limit
  }

  push(item: A): void {
    if (this.#came++ % this.#stride !== 0) return
    this.#held.push(item)
    if (this.#held.length <= this.#limit) return
    this.#held = this.#held.filter((_, place) => place % 2 === 0)
    this.#stride *= 2
  }

  get isEmpty(): boolean {
    return this.#held.length === 0
  }

  /** At most `most` (1 or more) of them, and forgets them all. */
  take(most: number): Taken<A> {
    const held = this.#held
    const every = Math.max(1, Math.ceil(held.length / most))
    const last = held.length - 1
    const items = every === 1 ? held : held.filter((_, place) => (last - place) % every === 0)
    const stride = this.#stride
    this.#held = []
    this.#stride = 1
    this.#came = 0
    return { items, every: every * stride }
  }
}
