/** Reads Kafka with kcat, an independent client. */
import { execFile } from "node:child_process"
import { promisify } from "node:util"

/** A record as kcat reads it. */
export interface ForeignRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
  readonly value: Buffer
  /** Milliseconds since 1970. */
  readonly timestamp: number
}

/** The arguments of kcat whose output `parseRecords` parses. Parts are separated by their lengths, because a value may contain any byte. */
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
    "%p %o %K %S %T\\n%k%h\\n%s\\n"
  ],
  ...more
]

/** Parses the records that kcat printed. */
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
    const [partition = 0, offset = 0, keyLength = 0, length = 0, timestamp = 0] = line()
      .split(" ")
      .map(Number)
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
    records.push({ partition, offset, key, headers, value, timestamp })
  }
  return records
}

/** Every record of a topic from its beginning to its end; `more` are additional arguments, such as `-o -20`. */
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

/** The number of records appended to a topic since it was created. */
export const countRecords = async (brokers: string, topic: string, partitions: number): Promise<number> => {
  const queries = Array.from({ length: partitions }, (_, partition) => ["-t", `${topic}:${partition}:-1`])
  const { stdout } = await promisify(execFile)("kcat", ["-b", brokers, "-Q", ...queries.flat()])
  return [...stdout.matchAll(/offset (\d+)/g)].reduce((sum, [, offset]) => sum + Number(offset), 0)
}

/** Whether `count` brokers are running and every partition has all its replicas in sync. */
export const clusterIsWhole = async (brokers: string, count: number): Promise<boolean> => {
  try {
    const { stdout } = await promisify(execFile)("kcat", ["-b", brokers, "-L", "-m", "5"], {
      timeout: 10_000
    })
    const running = Number(/^ (\d+) brokers:/m.exec(stdout)?.[1] ?? 0)
    const isInSync = [...stdout.matchAll(/replicas: ([\d,]+), isrs: ([\d,]*)/g)].every(
      ([, replicas = "", inSync = ""]) => replicas.split(",").length === inSync.split(",").length
    )
    return running === count && isInSync
  } catch {
    return false
  }
}
