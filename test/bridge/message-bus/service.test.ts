/** The message bus, in process and over NATS, against the same contract. */
import { describe } from "bun:test"
import { Effect, Redacted } from "effect"
import { makeInProcess } from "../../../bridge/message-bus/in-process.ts"
import { signedBus } from "../../../bridge/message-bus/signed-replies.ts"
import { nats } from "../../support/nats.ts"
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

describe.skipIf(url === undefined)("over NATS", () => {
  busContract("NATS", Effect.all({ here: connected(url ?? ""), there: connected(url ?? "") }))
  const signed = Effect.map(connected(url ?? ""), (bus) => signedBus(bus, Redacted.make("our secret")))
  busContract("NATS, signed", Effect.all({ here: signed, there: signed }))
})
