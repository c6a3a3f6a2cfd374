/**
 * What failed appends did store. An append can fail for one of its topics or partitions while all the others took their
 * records; the same batch is then appended again and again for as long as the outage lasts. What is known to be stored
 * is left out then, so it is stored again at most once by each bridge. Lives as long as the log; nothing depends on it.
 */
import type { Appended, NewRecord } from "../service.ts"

/** So many records are remembered at most, and so long after the last append that left them here, milliseconds. */
export const knownAtMost = 200_000
export const knownFor = 5 * 60_000

type Stored = Extract<Appended, { readonly stored: true }>

export interface KnownRecords {
  /**
   * One place for each record: filled where an append with the same affinity has stored it. A record is known by its
   * topic and its header `id`; without that header, or when two of these records share it, none is known.
   */
  readonly recall: (records: ReadonlyArray<NewRecord>, affinity: string) => Array<Appended | undefined>
  /** Keeps what an append that ended so has stored; all of it can be forgotten when every record has its result. */
  readonly keep: (
    records: ReadonlyArray<NewRecord>,
    affinity: string,
    results: ReadonlyArray<Appended | undefined>
  ) => void
}

/** `now` in milliseconds, never going back. */
export const knownRecords = (
  atMost = knownAtMost,
  now: () => number = () => performance.now()
): KnownRecords => {
  /** By affinity, the one that was kept longest ago first. */
  const batches = new Map<string, { readonly stored: Map<string, Stored>; readonly until: number }>()
  let count = 0

  const forget = (affinity: string): void => {
    count -= batches.get(affinity)?.stored.size ?? 0
    batches.delete(affinity)
  }

  const forgetOld = (): void => {
    for (const [affinity, { until }] of batches) {
      if (count <= atMost && until > now()) return
      forget(affinity)
    }
  }

  return {
    recall: (records, affinity) => {
      forgetOld()
      const none = new Array<Appended | undefined>(records.length).fill(undefined)
      const stored = batches.get(affinity)?.stored
      if (stored === undefined) return none
      return namesOf(records)?.map((name) => stored.get(name)) ?? none
    },
    keep: (records, affinity, results) => {
      const isDone = results.every((one) => one !== undefined)
      const before = batches.get(affinity)?.stored
      if (before === undefined && (isDone || !results.some((one) => one?.stored === true))) return
      const names = namesOf(records)
      if (names === undefined) return
      const stored = before ?? new Map<string, Stored>()
      forget(affinity)
      names.forEach((name, i) => {
        const one = results[i]
        if (isDone) stored.delete(name)
        else if (one?.stored === true) stored.set(name, one)
      })
      if (stored.size === 0) return
      batches.set(affinity, { stored, until: now() + knownFor })
      count += stored.size
      forgetOld()
    }
  }
}

/** A name for each record; undefined when two records would have the same name. */
const namesOf = (records: ReadonlyArray<NewRecord>): ReadonlyArray<string> | undefined => {
  const names: Array<string> = []
  for (const { topic, headers } of records) {
    if (headers.id === undefined) return undefined
    names.push(`${topic} ${headers.id}`)
  }
  return new Set(names).size === names.length ? names : undefined
}
