/**
 * The oracle of a case: after everything has drained, compares the responses to clients with the contents of Kafka, the
 * dead letters, the projections and Redis, and reports each broken promise.
 */

import type { Expectations } from "./case.ts"
import type { Account } from "./case-result.ts"
import { type Dead, readDead } from "./dead.ts"
import { sentEvent } from "./events.ts"
import { readStored, type Stored } from "./stored.ts"
import type { World } from "./world.ts"

/** `recovery`: the measured recovery time, seconds. */
export const judge = async (world: World, expects: Expectations, recovery: number): Promise<Account> => {
  const { sent } = world.load
  const [stored, dead] = await Promise.all([readStored(world), readDead(world)])
  const lost: Array<number> = []
  sent.eachAcknowledged((n) => {
    if (!stored.copies.has(n) && !dead.numbers.has(n)) lost.push(n)
  })
  const duplicates = stored.records - stored.invented.length - stored.copies.size
  const problems = [
    ...several("events were acknowledged and are lost", lost),
    ...several("records were never sent", stored.invented),
    ...several("records are not what was sent", stored.changed),
    ...(expects.twins === true ? [] : several("events are stored under two event ids", stored.twins)),
    ...several(
      "events are both stored and dead",
      [...dead.numbers].filter((n) => stored.copies.has(n))
    ),
    ...several("dead letters are wrong", dead.wrong),
    ...deadProblems(dead, expects),
    ...(duplicates > (expects.duplicates ?? Number.POSITIVE_INFINITY)
      ? [`${duplicates} duplicates in Kafka, ${expects.duplicates} are allowed`]
      : []),
    ...clientProblems(world, expects),
    ...processProblems(world, expects),
    ...(await projectionProblems(world, stored)),
    ...(await leftovers(world))
  ]
  return {
    issued: sent.issued(),
    acknowledged: sent.count("acknowledged"),
    refused: sent.count("refused"),
    unknown: sent.count("unknown"),
    stored: stored.copies.size,
    eventIds: stored.eventIds,
    lost,
    duplicates,
    dead: dead.numbers.size,
    deadDeliveries: dead.deliveries.length,
    recovery,
    problems
  }
}

/** One sentence with the number of the items and the first few; no sentence without items. */
const several = (sentence: string, items: ReadonlyArray<number | string>): ReadonlyArray<string> =>
  items.length === 0 ? [] : [`${items.length} ${sentence}: ${items.slice(0, 5).join("; ")}`]

const deadProblems = ({ reasons }: Dead, { dead = [] }: Expectations): ReadonlyArray<string> =>
  [...reasons]
    .filter(([reason]) => !dead.includes(reason))
    .map(([reason, count]) => `${count} dead letters with the reason "${reason}", where none is allowed`)

const clientProblems = (
  { load }: World,
  { answers = [], answersWithin }: Expectations
): ReadonlyArray<string> => {
  const wrong = [...load.answers].filter(([answer]) => answer !== "200" && !answers.includes(answer))
  const slowest = Math.round(load.slowest.answer)
  return [
    ...wrong.map(([answer, count]) => `${count} requests ended with "${answer}"`),
    ...(load.refusalsWithoutRetryAfter() > 0
      ? [`${load.refusalsWithoutRetryAfter()} answers with 503 have no Retry-After`]
      : []),
    ...(slowest > (answersWithin ?? Number.POSITIVE_INFINITY)
      ? [`a client waited ${slowest} ms for its answer`]
      : [])
  ]
}

const processProblems = (world: World, { mayDie = [] }: Expectations): ReadonlyArray<string> =>
  world
    .groups()
    .filter(({ name }) => !mayDie.includes(name))
    .flatMap((group) => several("processes ended by themselves", group.deaths()))

/** Checks that the consumers have counted each event once, by type and by client address. */
const projectionProblems = async (world: World, stored: Stored): Promise<ReadonlyArray<string>> => {
  const isThere = (name: string): boolean => world.group(name).copies().length > 0
  const problems: Array<string> = []
  if (isThere("event-counter"))
    problems.push(
      ...differences("by-type", stored.types, await world.queue.table("event-counter", "by-type"))
    )
  const isSentOnly = world.load.sent.extra.size === 0 && stored.emitted.length === 0
  if (isThere("metadata-counter") && isSentOnly && stored.twins.length === 0) {
    const expected = new Map<string, number>()
    for (const n of stored.copies.keys()) {
      const { address } = sentEvent(n)
      expected.set(address, (expected.get(address) ?? 0) + 1)
    }
    problems.push(
      ...differences("by-address", expected, await world.queue.table("metadata-counter", "by-address"))
    )
  }
  return problems
}

const differences = (
  table: string,
  expected: ReadonlyMap<string, number>,
  found: ReadonlyMap<string, number>
): ReadonlyArray<string> =>
  several(
    `rows of ${table} do not count each event once`,
    [...new Set([...expected.keys(), ...found.keys()])]
      .filter((key) => expected.get(key) !== found.get(key))
      .map((key) => `${key}: ${found.get(key) ?? 0} instead of ${expected.get(key) ?? 0}`)
  )

const leftovers = async (world: World): Promise<ReadonlyArray<string>> => {
  const { deadLetters: _, ...left } = await world.queue.depth()
  return Object.values(left).some((count) => count > 0) ? [`Redis is not empty: ${JSON.stringify(left)}`] : []
}
