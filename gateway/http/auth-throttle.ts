/**
 * Those who tried a wrong secret too often: they have to wait, with the right one too, so that nobody learns it by
 * trying. Lives as long as what it guards.
 */
import { networkOf } from "./network-prefix.ts"

/** A network may be wrong so many times in a minute. */
export const maxWrongGuesses = 10
const minute = 60_000

/** Networks that are remembered; those that were wrong longest ago are forgotten first. */
const rememberedNetworks = 10_000

/** `now` in milliseconds; of an address its network counts. */
export interface AuthThrottle {
  /** How long that address has to wait before it may try again; 0 when it may. */
  readonly wait: (address: string, now: number) => number
  readonly count: (address: string, now: number) => void
}

export const authThrottle = (): AuthThrottle => {
  const wrong = new Map<string, { count: number; readonly since: number }>()
  return {
    wait: (address, now) => {
      const before = wrong.get(networkOf(address))
      if (before === undefined || before.count < maxWrongGuesses) return 0
      return Math.max(0, before.since + minute - now)
    },
    count: (address, now) => {
      const network = networkOf(address)
      const before = wrong.get(network)
      if (before !== undefined && now - before.since < minute) {
        before.count += 1
        return
      }
      wrong.delete(network)
      const [oldest] = wrong.keys()
      if (wrong.size >= rememberedNetworks && oldest !== undefined) wrong.delete(oldest)
      wrong.set(network, { count: 1, since: now })
    }
  }
}
