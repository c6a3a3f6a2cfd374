/** What became of the events of a load: stored in Kafka, as an independent client reads it, and counted by the counter. */
import { join } from "node:path"
import { eventually } from "../../../support/eventually.ts"
import { readTopic } from "../../../support/kcat.ts"
import { root } from "../docker.ts"
import type { Check } from "../results.ts"
import { output } from "./api.ts"
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
  const command = ["actors/commands/counters.ts", "list", "--json"].map((one, i) =>
    i === 0 ? join(root, one) : one
  )
  const env = [`PROJECTIONS_URL=${projections}`]
  const text = await output("env", [...env, process.execPath, ...command])
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
    const records = [...copies.values()].reduce((sum, count) => sum + count, 0)
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

/** Makes trouble under load and accounts for every event. With `strict`, Kafka may hold no event twice. */
export const underLoad = async (
  what: string,
  {
    load,
    servers,
    perSecond
  }: { readonly load: Load; readonly servers: Servers; readonly perSecond: number },
  trouble: () => Promise<string>,
  strict: boolean
): Promise<Check> => {
  const before = { sent: load.sent(), others: [...load.others.values()].reduce((sum, one) => sum + one, 0) }
  load.start(perSecond)
  const [isDone, seen] = await trouble().then(
    (text) => [true, text] as const,
    (cause: unknown) => [false, String(cause).slice(0, 300)] as const
  )
  await load.stop()
  const account = await accountOf(load, servers)
  const others = [...load.others.values()].reduce((sum, one) => sum + one, 0) - before.others
  const isExact = account.counted === account.stored
  const parts = [
    seen,
    `${load.sent() - before.sent} events, ${others} without an acknowledgement`,
    `${account.lost} lost, ${account.doubled} twice in Kafka, ${account.counted} of ${account.stored} counted`
  ]
  return {
    name: what,
    passed: isDone && account.lost === 0 && isExact && (!strict || account.doubled === 0),
    proof: parts.join("; ")
  }
}
