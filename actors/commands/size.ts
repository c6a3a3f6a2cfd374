/**
 * The command `size`: prints how many pods, cores, memory and disk a rate of events needs, from the costs that the benchmarks
 * measured, and ends. It reads no settings and connects to nothing.
 */
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { bytesOf, durationOf } from "../../contracts/quantity.ts"
import { rateOf } from "../../gateway/guard/rate.ts"
import { countFlag, misuse, switchFlag } from "./command-line/flags.ts"
import { print } from "./command-line/print.ts"
import { handler } from "./command-line/run.ts"
import { runCommand } from "./run-command.ts"
import { costs } from "./size/costs.ts"
import { helmValues } from "./size/helm-values.ts"
import { type Demand, sizeFor } from "./size/model.ts"
import { sizeText } from "./size/text.ts"

/** A flag whose value `read` understands; `expected` is an example for the error. */
const quantityFlag = (
  name: string,
  form: string,
  description: string,
  expected: string,
  read: (text: string) => number | undefined
): Flag.Flag<number> =>
  Flag.String(name).pipe(
    Flag.withMetavar(form),
    Flag.withDescription(description),
    Flag.filterMap(
      (text) => {
        const value = read(text)
        return value !== undefined && Number.isFinite(value) && value > 0 ? Option.some(value) : Option.none()
      },
      () => expected
    )
  )

const perSecond = (text: string): number | undefined => {
  const rate = rateOf(text)
  return rate === undefined ? undefined : 1000 / rate.intervalMs
}

const seconds = (text: string): number | undefined => {
  const millis = durationOf(text, "seconds")
  return millis === undefined ? undefined : millis / 1000
}

const flags = {
  rate: quantityFlag(
    "rate",
    "<rate>",
    "The highest rate of events, like 20000/s or 500000/m",
    "a rate like 20000/s",
    perSecond
  ),
  retention: quantityFlag(
    "retention",
    "<time>",
    "How long Kafka keeps records (7d)",
    "a time like 6h or 7d",
    seconds
  ).pipe(Flag.withDefault(7 * 86_400)),
  outage: quantityFlag(
    "outage",
    "<time>",
    "The longest outage of NATS or Kafka during which events are still accepted (1h)",
    "a time like 30m or 4h",
    seconds
  ).pipe(Flag.withDefault(3600)),
  bytes: quantityFlag(
    "bytes",
    "<size>",
    "Mean size of a line in the queue (300)",
    "a size like 300 or 1KiB",
    bytesOf
  ).pipe(Flag.withDefault(300)),
  partitions: countFlag("partitions", "Partitions of the topic (as many as are needed, at least 12)", {
    max: 100_000
  }).pipe(Flag.withDefault(undefined)),
  replication: countFlag("replication", "Replicas of each partition (3)", { max: 100 }).pipe(
    Flag.withDefault(3)
  ),
  json: switchFlag(
    "json",
    "Print one line of JSON: sizes in bytes, seconds and cores, and the costs with their sources"
  ),
  helm: switchFlag("helm", "Print values for the Helm chart")
}

const size = Command.make(
  "size",
  flags,
  handler(({ rate, retention, outage, bytes, partitions, replication, json, helm }) =>
    Effect.gen(function* () {
      const demand: Demand = { perSecond: rate, retention, outage, bytes, replication, partitions }
      const found = sizeFor(costs, demand)
      const text = (): string =>
        helm
          ? helmValues(`bun run size ${process.argv.slice(2).join(" ")}`, demand, found)
          : sizeText(demand, found)
      yield* print(json ? JSON.stringify({ demand, ...found, costs }) : text())
      return 0
    })
  )
).pipe(
  Command.validate(({ json, helm }) =>
    json && helm ? misuse("--json and --helm exclude each other: write one of them") : Effect.void
  ),
  Command.withDescription(
    `Prints the pods, cores and memory of each actor, the memory of Redis and the disk of Kafka that a rate of events needs,
from the costs that the benchmarks measured.`
  ),
  Command.withExamples([
    { command: "size --rate 20000/s --retention 6h" },
    { command: "size --rate 3000/s --retention 7d --outage 4h --bytes 500 --helm" }
  ])
)

await runCommand(size, [])
