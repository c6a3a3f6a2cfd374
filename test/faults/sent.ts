/** The events sent and their results; grows while the load runs and is read by the oracle. */

/** The result of an event as its sender knows it; "unknown" if the response was lost. */
export type Fate = "issued" | "acknowledged" | "refused" | "unknown"

const fates: ReadonlyArray<Fate> = ["issued", "acknowledged", "refused", "unknown"]

/** An additional line pushed by a case. */
export interface ExtraLine {
  readonly line: Buffer
  /** The reason with which it must be dead-lettered; undefined if it must be stored. */
  readonly dead: string | undefined
}

export interface Sent {
  /** The number of the next event. */
  readonly issue: () => number
  readonly settle: (n: number, fate: Fate) => void
  readonly fateOf: (n: number) => Fate | undefined
  /** Counts the load and the additional lines together. */
  readonly count: (fate: Fate) => number
  readonly issued: () => number
  /** Calls a function for each acknowledged event. */
  readonly eachAcknowledged: (see: (n: number) => void) => void
  /** Additional lines by their number; they count as events. */
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
