/** The names of a queue's keys in Redis: the list and its companions. Pure. */

/** The keys of a queue. On Redis Cluster all must lie in one slot. */
export interface QueueKeys {
  readonly list: string
  readonly claimed: string
  readonly leases: string
  readonly attempts: string
  readonly ledger: string
  readonly placements: string
  readonly replays: string
  readonly deadLetters: string
}

/**
 * What the names of the list's companions, and of its writers' keys, begin with, so that they lie in the list's own
 * slot: in braces the list's name is their tag; a tag of its own stays theirs.
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
    deadLetters
  }
}
