/** Reading Kafka with kcat, a client that is not ours. */
import { execFile } from "node:child_process"
import { promisify } from "node:util"

/** A record as kcat reads it. */
export interface ForeignRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
  readonly value: Buffer
}

/** What kcat is asked, so that `parseRecords` can read what it prints. Parts are told apart by their lengths, since a value may hold any byte. */
export const readArguments = (
  brokers: string,
  topic: string,
  ...more: ReadonlyArray<string>
): Array<string> => [
  ...[
    "-b",
    brokers,
    "-t",
    topic,
    "-C",
    "-e",
    "-q",
    "-X",
    "fetch.wait.max.ms=10",
    "-f",
    "%p %o %K %S\\n%k%h\\n%s\\n"
  ],
  ...more
]

/** Every record that kcat printed. */
export const parseRecords = (output: Buffer): ReadonlyArray<ForeignRecord> => {
  const records: Array<ForeignRecord> = []
  let at = 0
  const line = (): string => {
    const end = output.indexOf(10, at)
    const text = output.toString("latin1", at, end)
    at = end + 1
    return text
  }
  while (at < output.length) {
    const [partition = 0, offset = 0, keyLength = 0, length = 0] = line().split(" ").map(Number)
    const keyEnd = at + Math.max(0, keyLength)
    const key = output.toString("utf8", at, keyEnd)
    at = keyEnd
    const headers = Object.fromEntries(
      line()
        .split(",")
        .map((pair) => pair.split("="))
    )
    const value = output.subarray(at, at + length)
    at += length + 1
    records.push({ partition, offset, key, headers, value })
  }
  return records
}

/** Every record of a topic from its beginning to its end; `more` are further arguments, such as `-o -20`. */
export const readTopic = async (
  brokers: string,
  topic: string,
  ...more: ReadonlyArray<string>
): Promise<ReadonlyArray<ForeignRecord>> => {
  const { stdout } = await promisify(execFile)("kcat", readArguments(brokers, topic, ...more), {
    encoding: "buffer",
    maxBuffer: 1024 ** 3
  })
  return parseRecords(stdout)
}

/** How many records the partitions of a topic have taken since it was made. */
export const countRecords = async (brokers: string, topic: string, partitions: number): Promise<number> => {
  const asked = Array.from({ length: partitions }, (_, partition) => ["-t", `${topic}:${partition}:-1`])
  const { stdout } = await promisify(execFile)("kcat", ["-b", brokers, "-Q", ...asked.flat()])
  return [...stdout.matchAll(/offset (\d+)/g)].reduce((sum, [, offset]) => sum + Number(offset), 0)
}

/** Do so many brokers serve, and has every partition all its replicas in step? */
export const clusterIsWhole = async (brokers: string, count: number): Promise<boolean> => {
  try {
    const { stdout } = await promisify(execFile)("kcat", ["-b", brokers, "-L", "-m", "5"], {
      timeout: 10_000
    })
    const serving = Number(/^ (\d+) brokers:/m.exec(stdout)?.[1] ?? 0)
    const isInStep = [...stdout.matchAll(/replicas: ([\d,]+), isrs: ([\d,]*)/g)].every(
      ([, replicas = "", inStep = ""]) => replicas.split(",").length === inStep.split(",").length
    )
    return serving === count && isInStep
  } catch {
    return false
  }
}
