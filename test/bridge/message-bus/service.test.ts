/** The message bus, in process and over NATS (TCP and WebSocket), against the same contract. */
import { afterAll, beforeAll, describe } from "bun:test"
import { Effect, Redacted } from "effect"
import { makeInProcess } from "../../../bridge/message-bus/in-process.ts"
import { signedBus } from "../../../bridge/message-bus/signed-replies.ts"
import { canStartNats, type NatsServer, nats, privateNats } from "../../support/nats.ts"
import { serverUrl } from "../../support/server.ts"
import { connected } from "./connected.ts"
import { busContract } from "./contract.ts"

busContract(
  "in process",
  Effect.sync(() => {
    const bus = makeInProcess()
    return { here: bus, there: bus }
  })
)

const url = await serverUrl(nats)

describe.skipIf(!canStartNats)("over NATS over WebSocket", () => {
  let server: NatsServer | undefined
  beforeAll(async () => {
    server = await privateNats("", "websocket")
    await server.start()
  })
  afterAll(() => server?.remove())
  const end = Effect.suspend(() => connected(server?.url ?? ""))
  busContract("WebSocket", Effect.all({ here: end, there: end }))
  const signed = Effect.map(end, (bus) => signedBus(bus, Redacted.make("our secret")))
  busContract("WebSocket, signed", Effect.all({ here: signed, there: signed }))
})

describe.skipIf(url === undefined)("over NATS", () => {
  busContract("NATS", Effect.all({ here: connected(url ?? ""), there: connected(url ?? "") }))
  const signed = Effect.map(connected(url ?? ""), (bus) => signedBus(bus, Redacted.make("our secret")))
  busContract("NATS, signed", Effect.all({ here: signed, there: signed }))
})
