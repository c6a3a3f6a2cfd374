/**
 * The limit of the counters: a `kafkajs` consumer that reads a topic, commits as the library does on its own, and does
 * nothing else, a process of its own: `bun test/bench/bare-consumer.ts <brokers> <topic> <records>`. Prints one line of
 * JSON: the milliseconds from when it had joined its group until it had read them.
 */
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { CompressionCodecs, CompressionTypes, Kafka, logLevel } from "kafkajs"
import { gzipCodec } from "../../bridge/event-log/kafka/wire/compression.ts"

/** Runs it; records a second. */
export const bareConsumer = async (brokers: string, topic: string, records: number): Promise<number> => {
  const args = [import.meta.filename, brokers, topic, String(records)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1e8 })
  return (records * 1000) / JSON.parse(stdout).milliseconds
}

if (import.meta.main) {
  const [brokers = "", topic = "", wanted = "0"] = process.argv.slice(2)
  CompressionCodecs[CompressionTypes.GZIP] = () => gzipCodec
  const kafka = new Kafka({ clientId: "bare", brokers: [brokers], logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: `bare-${process.pid}` })
  let [read, begun] = [0, 0]
  consumer.on(consumer.events.GROUP_JOIN, () => {
    begun = performance.now()
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachBatch: async ({ batch }) => {
        read += batch.messages.length
        if (read >= Number(wanted)) resolve()
      }
    })
  })
  const milliseconds = performance.now() - begun
  process.stdout.write(`${JSON.stringify({ milliseconds })}\n`)
  process.exit(0)
}
