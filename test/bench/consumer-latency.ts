/**
 * A separate process with a plain `kafkajs` consumer that prints when it received each numbered event:
 * `bun test/bench/consumer-latency.ts <brokers> <topic>`. Prints `ready` when it has joined its group, then one line per
 * record: its number and the time, milliseconds since 1970. Lives until it is killed.
 */
import { spawn } from "node:child_process"
import { CompressionCodecs, CompressionTypes, Kafka, logLevel } from "kafkajs"
import { gzipCodec } from "../../bridge/event-log/kafka/wire/compression.ts"
import { diesWithUs } from "../support/dies-with-us.ts"
import { moment } from "./paced.ts"

export interface LatencyConsumer {
  /** When each event was first received, by its number; milliseconds since 1970. */
  readonly seen: ReadonlyMap<number, number>
  readonly stop: () => void
}

/** Starts the consumer; resolves when it is reading. */
export const startLatencyConsumer = async (brokers: string, topic: string): Promise<LatencyConsumer> => {
  const seen = new Map<number, number>()
  const child = diesWithUs(
    spawn(process.execPath, [import.meta.filename, brokers, topic], { stdio: ["ignore", "pipe", "inherit"] })
  )
  let rest = ""
  await new Promise<void>((resolve, reject) => {
    child.once("close", (code) => reject(new Error(`The consumer exited with ${code}.`)))
    child.stdout.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split("\n")
      rest = lines.pop() ?? ""
      for (const line of lines) {
        if (line === "ready") resolve()
        const [number = Number.NaN, at = Number.NaN] = line.split(" ").map(Number)
        if (!seen.has(number)) seen.set(number, at)
      }
    })
  })
  return { seen, stop: () => void child.kill("SIGKILL") }
}

if (import.meta.main) {
  const [brokers = "", topic = ""] = process.argv.slice(2)
  CompressionCodecs[CompressionTypes.GZIP] = () => gzipCodec
  const kafka = new Kafka({ clientId: "plain", brokers: [brokers], logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: `plain-${process.pid}` })
  consumer.on(consumer.events.GROUP_JOIN, () => void process.stdout.write("ready\n"))
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachBatch: async ({ batch }) => {
      const now = moment().toFixed(3)
      let lines = ""
      for (const { value } of batch.messages) {
        const number = /&n=(\d+)/.exec(value?.toString("latin1") ?? "")?.[1]
        if (number !== undefined) lines += `${number} ${now}\n`
      }
      process.stdout.write(lines)
    }
  })
}
