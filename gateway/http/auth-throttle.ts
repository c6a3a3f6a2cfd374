/**
 * Throttles networks that sent too many wrong secrets: they must wait, even with the right secret, so that it cannot be
 * found by trying. Lives as long as the API that it protects.
 */
import { networkOf } from "./network-prefix.ts"

/** Wrong secrets that a network may send within a minute. */
export const maxWrongGuesses = 10
const windowMs = 60_000

/** Networks that are tracked; those whose first wrong secret is oldest are dropped first. */
const maxNetworks = 10_000

/** `now` in milliseconds. Addresses are counted by their network. */
export interface AuthThrottle {
  /** The time until `address` may try again, milliseconds; 0 when it may try now. */
  readonly wait: (address: string, now: number) => number
  /** Records a wrong secret. */
  readonly count: (address: string, now: number) => void
}

export const authThrottle = (): AuthThrottle => {
  const failures = new Map<string, { count: number; readonly since: number }>()
  return {
    wait: (address, now) => {
      const before = failures.get(networkOf(address))
      if (before === undefined || before.count < maxWrongGuesses) return 0
      return Math.max(0, before.since + windowMs - now)
    },
    count: (address, now) => {
      const network = networkOf(address)
      const before = failures.get(network)
      if (before !== undefined && now - before.since < windowMs) {
        before.count += 1
        return
      }
      failures.delete(network)
      const [oldest] = failures.keys()
      if (failures.size >= maxNetworks && oldest !== undefined) failures.delete(oldest)
      failures.set(network, { count: 1, since: now })
    }
  }
}
