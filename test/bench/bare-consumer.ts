/**
 * The baseline of the counters: a separate process with a `kafkajs` consumer that only reads a topic, with the library's
 * automatic commits: `bun test/bench/bare-consumer.ts <brokers> <topic> <records>`. Prints one line of JSON: the time from
 * joining its group until it has read the records, milliseconds.
 */
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { CompressionCodecs, CompressionTypes, Kafka, logLevel } from "kafkajs"
import { gzipCodec } from "../../bridge/event-log/kafka/wire/compression.ts"

/** Runs the consumer; returns records per second. */
export const bareConsumer = async (brokers: string, topic: string, records: number): Promise<number> => {
  const args = [import.meta.filename, brokers, topic, String(records)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1e8 })
  return (records * 1000) / JSON.parse(stdout).milliseconds
}

if (import.meta.main) {
  const [brokers = "", topic = "", records = "0"] = process.argv.slice(2)
  CompressionCodecs[CompressionTypes.GZIP] = () => gzipCodec
  const kafka = new Kafka({ clientId: "bare", brokers: [brokers], logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: `bare-${process.pid}` })
  let [read, startedAt] = [0, 0]
  consumer.on(consumer.events.GROUP_JOIN, () => {
    startedAt = performance.now()
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachBatch: async ({ batch }) => {
        read += batch.messages.length
        if (read >= Number(records)) resolve()
      }
    })
  })
  const milliseconds = performance.now() - startedAt
  process.stdout.write(`${JSON.stringify({ milliseconds })}\n`)
  process.exit(0)
}
