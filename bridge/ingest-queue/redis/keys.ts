/** The names of a queue's keys in Redis: the list and the keys derived from it. */
import type { PushId } from "../../../contracts/ids.ts"

/** The keys of a queue. On Redis Cluster all must be in one slot. */
export interface QueueKeys {
  readonly list: string
  readonly claimed: string
  readonly leases: string
  readonly attempts: string
  readonly ledger: string
  readonly placements: string
  readonly replays: string
  readonly figures: string
  readonly deadLetters: string
}

/**
 * The prefix of the derived keys and of the writers' keys, which puts them into the slot of the list: the list's name as a
 * hash tag, or the list's own tag.
 */
export const prefixOf = (list: string): string => (/\{[^}]+\}/.test(list) ? list : `{${list}}`)

export const queueKeys = (list: string, deadLetters: string): QueueKeys => {
  const prefix = prefixOf(list)
  return {
    list,
    claimed: `${prefix}:claimed`,
    leases: `${prefix}:leases`,
    attempts: `${prefix}:attempts`,
    ledger: `${prefix}:ledger`,
    placements: `${prefix}:placements`,
    replays: `${prefix}:replays`,
    figures: `${prefix}:figures`,

    deadLetters
  }
}

/** The key that remembers that the lines of this push are in the list; `prefix` as above. */
export const pushedKey = (prefix: string, id: PushId): string => `${prefix}:pushed:${id}`
