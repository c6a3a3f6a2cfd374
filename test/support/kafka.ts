/** Apache Kafka for tests: one broker, shared by all suites. kafka-broker.ts starts brokers of a test's own. */
import { brokerProperties, howToGetKafka, kafkaVersion, startBroker } from "./kafka-broker.ts"
import { freePort, type Running, type ServerKind } from "./server.ts"

export { type Broker, startBroker } from "./kafka-broker.ts"

const container = async (): Promise<Running> => {
  const { GenericContainer, Wait } = await import("testcontainers")
  const port = await freePort()
  const node = {
    id: 1,
    listeners: "PLAINTEXT://:9092",
    advertised: `PLAINTEXT://127.0.0.1:${port}`,
    controller: "127.0.0.1:9093"
  }
  const variables = Object.entries(brokerProperties(node, [node])).map(
    ([name, value]) => [`KAFKA_${name.replaceAll(".", "_").toUpperCase()}`, value] as const
  )
  const started = await new GenericContainer(`apache/kafka:${kafkaVersion}`)
    .withExposedPorts({ container: 9092, host: port })
    .withEnvironment(Object.fromEntries(variables))
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .start()
  return {
    url: `127.0.0.1:${port}`,
    stop: async () => {
      await started.stop()
    }
  }
}

/** The shared broker; its URL is `host:port`. */
export const kafka: ServerKind = {
  name: "Apache Kafka",
  variable: "KAFKA_BROKERS",
  container,
  local: async () => {
    const broker = await startBroker()
    return broker === undefined ? undefined : { url: broker.url, stop: broker.remove }
  },
  howToGet: howToGetKafka
}
