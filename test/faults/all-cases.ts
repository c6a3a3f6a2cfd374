/** All cases: the files of cases/, by their numbers, and those that cannot run here. */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import type { FaultCase, NotHere } from "./case.ts"

const folder = join(import.meta.dirname, "cases")

export const allCases = async (): Promise<ReadonlyArray<FaultCase>> => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".ts"))
  const cases = await Promise.all(
    files.map(async (file) => ((await import(join(folder, file))) as { readonly default: FaultCase }).default)
  )
  return cases.toSorted((a, b) => place(a).localeCompare(place(b)))
}

/** Numbers first, in their order. */
const place = ({ number, name }: FaultCase): string =>
  `${number.padStart(/^\d/.test(number) ? 4 : 0, "0")} ${name}`

/** The cases that match the words of the command line: numbers, or parts of names. */
export const chooseCases = (
  cases: ReadonlyArray<FaultCase>,
  words: ReadonlyArray<string>
): ReadonlyArray<FaultCase> =>
  words.length === 0
    ? cases
    : cases.filter(({ number, name }) =>
        words.some(
          (word) =>
            number === word ||
            (!/^\d+$/.test(word) && `${number} ${name}`.toLowerCase().includes(word.toLowerCase()))
        )
      )

export const notHere: ReadonlyArray<NotHere> = [
  {
    number: "4",
    name: "Redis loses power",
    reason: "it needs a disk whose unsynced writes can be taken back (lazyfs, or a machine to switch off)"
  },
  {
    number: "6",
    name: "a partitioned old primary goes on",
    reason: "it needs Sentinel or Cluster on several hosts"
  },
  {
    number: "20",
    name: "a NATS cluster rolls",
    reason: "it needs a cluster of NATS servers that is operated"
  },
  { number: "25", name: "an event larger than a body may be", reason: "belongs to the gateway's own tests" },
  { number: "33", name: "Kafka rolls from 3.x to 4.x", reason: "it needs a second version of Kafka" },
  {
    number: "40–43",
    name: "bad input, hostile clients",
    reason: "belong to the gateway's and viewer's own tests"
  }
]
