/** What was sent and what came back, for each event; grows while the load runs and is read by the judge. */

/** What became of an event as its sender knows it: nobody can know what became of a request whose answer was lost. */
export type Fate = "issued" | "acknowledged" | "refused" | "unknown"

const fates: ReadonlyArray<Fate> = ["issued", "acknowledged", "refused", "unknown"]

/** A line that a case pushed on top of the load. */
export interface ExtraLine {
  readonly line: Buffer
  /** Why it must end among the dead letters; undefined when it must be stored. */
  readonly dead: string | undefined
}

export interface Sent {
  /** The number of the next event. */
  readonly issue: () => number
  readonly settle: (n: number, fate: Fate) => void
  readonly fateOf: (n: number) => Fate | undefined
  /** Of the load and the extra lines together. */
  readonly count: (fate: Fate) => number
  readonly issued: () => number
  /** Calls back for each event that was acknowledged. */
  readonly eachAcknowledged: (see: (n: number) => void) => void
  /** Lines of a case's own, by their number; they count as events. */
  readonly extra: Map<number, ExtraLine>
}

export const makeSent = (): Sent => {
  let states = new Uint8Array(1 << 16)
  let next = 0
  const counts = [0, 0, 0, 0]
  return {
    issue: () => {
      if (next === states.length) {
        const larger = new Uint8Array(states.length * 2)
        larger.set(states)
        states = larger
      }
      counts[0] = (counts[0] ?? 0) + 1
      next += 1
      return next - 1
    },
    settle: (n, fate) => {
      const before = states[n] ?? 0
      const after = fates.indexOf(fate)
      counts[before] = (counts[before] ?? 0) - 1
      counts[after] = (counts[after] ?? 0) + 1
      states[n] = after
    },
    fateOf: (n) => (n < next ? fates[states[n] ?? 0] : undefined),
    count: (fate) => counts[fates.indexOf(fate)] ?? 0,
    issued: () => next,
    eachAcknowledged: (see) => {
      const acknowledged = fates.indexOf("acknowledged")
      for (let n = 0; n < next; n++) if (states[n] === acknowledged) see(n)
    },
    extra: new Map()
  }
}
