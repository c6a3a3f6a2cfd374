/**
 * The oracle of the reactions: recounts from the log which rule had to match, and compares that with the calls that the
 * targets saw and with the ledger, rule by rule. Reads the log with an independent client.
 */
import type { ReactionLedger, RuleTotals } from "../../../bridge/reaction-store/service.ts"
import { readTopic } from "../../support/kcat.ts"
import { eventually, type Proof, prove } from "../case.ts"
import type { World } from "../world.ts"
import { ledgerFaults } from "./ledger-watch.ts"
import { bodyOf, type LogEvent, logEventOf, type WorldRule } from "./rules.ts"
import { reactionsOf } from "./start.ts"
import { duplicatesAt, type Target } from "./target.ts"

/** What the log demands of one rule: the body of each call by the id of its delivery. */
export interface Expected {
  readonly rule: WorldRule
  readonly bodies: ReadonlyMap<string, string>
}

/** Each event of the log once. */
export const readEvents = async (world: World): Promise<ReadonlyArray<LogEvent>> => {
  const events = new Map<string, LogEvent>()
  for (const topic of [world.topic, world.otherTopic])
    for (const record of await readTopic(world.brokers, topic)) {
      const event = logEventOf(topic, record)
      if (event !== undefined && !events.has(event.id)) events.set(event.id, event)
    }
  return [...events.values()]
}

/** `<event id>.<rule>` for each match; an event stored again under its id keeps the time of its first record that is read. */
export const expectedOf = (
  rules: ReadonlyArray<WorldRule>,
  events: ReadonlyArray<LogEvent>
): ReadonlyArray<Expected> =>
  rules.map((rule) => ({
    rule,
    bodies: new Map(
      events
        .filter((event) => rule.matches(event))
        .map((event) => [`${event.id}.${rule.rule.name}`, bodyOf(event)])
    )
  }))

/** Several sentences become one with their number. */
const several = (what: string, ids: ReadonlyArray<string>): ReadonlyArray<string> =>
  ids.length === 0 ? [] : [`${ids.length} ${what}: ${ids.slice(0, 3).join("; ")}`]

/** The calls without their time: the log may store an event a second time, under its id. */
const withoutTime = (body: string): string => body.replace(/,"at":"?\d+"?/, "")

/** What the targets saw against what the log demands, as sentences. */
export const callProblems = (
  targets: ReadonlyArray<Target>,
  expected: ReadonlyArray<Expected>
): ReadonlyArray<string> =>
  targets.flatMap((target) => {
    const mine = expected.filter(({ rule }) => rule.target === target.name)
    const wanted = new Map(mine.flatMap(({ bodies }) => [...bodies]))
    const accepted = new Map(
      mine.filter(({ rule }) => rule.ends === "delivered").flatMap(({ bodies }) => [...bodies])
    )
    return [
      ...several(
        `deliveries never reached ${target.name}`,
        [...accepted.keys()].filter((id) => (target.seen.get(id)?.accepted ?? 0) === 0)
      ),
      ...several(
        `deliveries reached ${target.name} that no event caused`,
        [...target.seen.keys()].filter((id) => !wanted.has(id))
      ),
      ...several(
        `calls of ${target.name} say something else than the log`,
        [...target.seen]
          .filter(
            ([id, { body }]) => wanted.has(id) && withoutTime(wanted.get(id) ?? "") !== withoutTime(body)
          )
          .map(([id, { body }]) => `${id} ${body}`)
      ),
      ...target.wrong.slice(0, 3)
    ]
  })

/** What the ledger says against what the log demands, as sentences. */
export const totalsProblems = (
  ledger: ReactionLedger,
  expected: ReadonlyArray<Expected>
): ReadonlyArray<string> => {
  const wrong = expected.flatMap(({ rule, bodies }) => {
    const name = rule.rule.name
    const line = ledger.rules.find((one) => one.rule === name)
    const wanted: Pick<RuleTotals, "matched" | "delivered" | "dead" | "waiting" | "inFlight"> = {
      matched: bodies.size,
      delivered: rule.ends === "delivered" ? bodies.size : 0,
      dead: rule.ends === "dead" ? bodies.size : 0,
      waiting: 0,
      inFlight: 0
    }
    return Object.entries(wanted)
      .filter(([field, count]) => (line?.[field as keyof typeof wanted] ?? 0) !== count)
      .map(
        ([field, count]) =>
          `${name}: ${field} ${line?.[field as keyof typeof wanted] ?? 0} instead of ${count}`
      )
  })
  return [...several("figures of the reactions' ledger are wrong", wrong), ...ledgerFaults(ledger)]
}

/** Waits until nothing waits and nothing is in flight any more, and fails when a promise was broken. */
export const reactionsProof = async (world: World, patienceMs: number): Promise<Proof> => {
  const { targets, rules, watch } = reactionsOf(world)
  const expected = expectedOf(rules, await readEvents(world))
  let problems: ReadonlyArray<string> = []
  await eventually(
    "everything is delivered and the ledger is exact",
    async () => {
      problems = totalsProblems(await watch.ledger(), expected)
      if (problems.length === 0) problems = callProblems(targets, expected)
      return problems.length === 0
    },
    patienceMs,
    250
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${problems.join(". ")}`)
  })
  prove(watch.problems.length === 0, watch.problems.join(". "))
  prove(watch.counts.reads > 0, "the ledger was never read")
  const matched = expected.reduce((sum, { bodies }) => sum + bodies.size, 0)
  const twice = targets.reduce((sum, target) => sum + duplicatesAt(target), 0)
  prove(matched > 0, "no rule matched")
  return `${matched} matches: 0 lost, each delivered once by its id, ${twice} calls were accepted again under a known id; the ledger is exact, and added up in all of ${watch.counts.reads} reads meanwhile`
}
