/** What became of the events of a load: stored in Kafka, as an independent client reads it, and counted by the counter. */
import { join } from "node:path"
import { eventually } from "../../../support/eventually.ts"
import { readTopic } from "../../../support/kcat.ts"
import { root } from "../docker.ts"
import type { Check } from "../results.ts"
import { output } from "./api.ts"
import type { KeptLogs } from "./kept-logs.ts"
import type { Load } from "./load.ts"
import type { Servers } from "./servers.ts"

/** How often each event was stored, by its number. */
const storedOf = async ({ brokers }: Servers): Promise<ReadonlyMap<number, number>> => {
  const copies = new Map<number, number>()
  for (const { value } of await readTopic(brokers, "events")) {
    const number = /eventnumber=(\d+)/.exec(value.toString("latin1"))?.[1]
    if (number !== undefined) copies.set(Number(number), (copies.get(Number(number)) ?? 0) + 1)
  }
  return copies
}

/** How many events the counter has counted. */
const countedBy = async ({ projections }: Servers): Promise<number> => {
  const command = [join(root, "actors", "commands", "counters.ts"), "list", "--json"]
  const text = await output("env", [`PROJECTIONS_URL=${projections}`, process.execPath, ...command])
  const tables = text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { counter: string; largest?: { count: number } })
  return tables.find(({ counter }) => counter === "event-counter")?.largest?.count ?? 0
}

export interface Account {
  readonly acknowledged: number
  readonly lost: number
  /** Records beyond the first of an event. */
  readonly doubled: number
  readonly counted: number
  /** Events of Kafka, each once. */
  readonly stored: number
}

/** Waits until everything acknowledged is stored and counted, at most three minutes, and says what is there. */
export const accountOf = async (load: Load, servers: Servers): Promise<Account> => {
  const numbers = [...load.acknowledged]
  const take = async (): Promise<Account> => {
    const copies = await storedOf(servers)
    const records = sum(copies.values())
    return {
      acknowledged: numbers.length,
      lost: numbers.filter((number) => !copies.has(number)).length,
      doubled: records - copies.size,
      stored: copies.size,
      counted: await countedBy(servers)
    }
  }
  const isWhole = (one: Account): boolean => one.lost === 0 && one.counted >= one.stored
  let last = await take()
  await eventually(
    "everything is stored and counted",
    async () => {
      last = await take()
      return isWhole(last)
    },
    180_000,
    2_000
  ).catch(() => {})
  return last
}

export interface Trial {
  readonly load: Load
  readonly servers: Servers
  readonly logs: KeptLogs
  readonly perSecond: number
}

const sum = (counts: Iterable<number>): number => [...counts].reduce((all, one) => all + one, 0)

/**
 * Makes trouble under load and accounts for every event. With `strict`, Kafka may hold no event twice, unless a drainer had
 * no answer in time: it then sends a batch again (at least once), which a machine that is too busy causes on its own.
 */
export const underLoad = async (
  what: string,
  { load, servers, logs, perSecond }: Trial,
  trouble: () => Promise<string>,
  strict: boolean
): Promise<Check> => {
  const since = Date.now()
  const before = { sent: load.sent(), others: sum(load.others.values()) }
  load.start(perSecond)
  const [isDone, seen] = await trouble().then(
    (text) => [true, text] as const,
    (cause: unknown) => [false, String(cause).slice(0, 300)] as const
  )
  await load.stop()
  const { lost, doubled, counted, stored } = await accountOf(load, servers)
  const late = logs.count("drainer", /request on [\w.]+: timeout|did not answer in time/, since)
  const newly = doubled - doubledBefore
  doubledBefore = doubled
  const twice = newly === 0 ? "none twice in Kafka" : `${newly} twice in Kafka`
  const parts = [
    seen,
    `${load.sent() - before.sent} events, ${sum(load.others.values()) - before.others} without an acknowledgement`,
    `${lost} lost, ${twice}${late === 0 ? "" : ` (${late} answers came too late)`}, ${counted} of ${stored} counted`
  ]
  return {
    name: what,
    passed: isDone && lost === 0 && counted === stored && (!strict || newly === 0 || late > 0),
    proof: parts.join("; ")
  }
}

/** Records beyond the first of an event, at the end of the trial before. */
let doubledBefore = 0
