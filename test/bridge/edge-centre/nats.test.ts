/** Pushes over NATS: a reply counts only with the right signature, and a push ends in time also while no connection opens. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createServer, type Server } from "node:net"
import { type NatsConnection, wsconnect } from "@nats-io/nats-core"
import { natsCentre } from "../../../bridge/edge-centre/nats.ts"
import { signReply } from "../../../bridge/message-bus/reply-signature.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import {
  newPushId,
  pushSubject,
  readPushedLines,
  writePushedReply
} from "../../../contracts/messages/pushed-lines.ts"
import { canStartNats, type NatsServer, privateNats } from "../../support/nats.ts"
import { freePort } from "../../support/server.ts"

const pushed = { id: newPushId(), lines: ["a", "b"] as unknown as ReadonlyArray<ByteString> }

const centreAt = (server: string, busSecret?: string) =>
  natsCentre({ servers: server.split(","), login: undefined, inboxPrefix: "_INBOX.edge", busSecret })

const failureOf = async (push: Promise<void>): Promise<Failure> => {
  const cause = await push.then(
    () => "no failure",
    (error: unknown) => error
  )
  if (!(cause instanceof Failure)) throw new Error(`not a failure: ${String(cause)}`)
  return cause
}

describe.skipIf(!canStartNats)("the reply of a receiver", () => {
  let nats: NatsServer
  let receiver: NatsConnection
  /** BUS_SECRET of the receiver. */
  let secret: string | undefined

  beforeAll(async () => {
    nats = await privateNats("", "websocket")
    await nats.start()
    receiver = await wsconnect({ servers: nats.url })
    receiver.subscribe(pushSubject, {
      callback: (_, message) => {
        const { id, lines } = readPushedLines(message.data)
        const reply = writePushedReply({ id, count: lines.length })
        message.respond(secret === undefined ? reply : signReply(secret, pushSubject, message.data, reply))
      }
    })
    await receiver.flush()
  })
  afterAll(async () => {
    await receiver.close()
    await nats.remove()
  })

  test("confirms a push when both sides have the same BUS_SECRET, or none", async () => {
    for (const one of [undefined, "of the deployment"]) {
      secret = one
      await centreAt(nats.url, one).push(pushed, 10_000)
    }
  })

  test("comes from any of several servers while the others are down", async () => {
    secret = undefined
    const down = `ws://127.0.0.1:${await freePort()}`
    for (let i = 0; i < 8; i++) {
      const centre = centreAt(`${down},${nats.url}`)
      for (let push = 0; push < 3; push++) await centre.push(pushed, 10_000)
    }
  })

  test("confirms nothing when the secrets differ, or one side has none; the failure names the setting", async () => {
    for (const [theirs, ours] of [
      ["of the deployment", "another"],
      [undefined, "of the deployment"],
      ["of the deployment", undefined]
    ]) {
      secret = theirs
      const { reason, message } = await failureOf(centreAt(nats.url, ours).push(pushed, 10_000))
      expect([reason, message]).toEqual(["unreadable", expect.stringContaining("set the same BUS_SECRET")])
    }
  })
})

describe("a server that accepts connections and says nothing", () => {
  let server: Server
  let port: number
  beforeAll(async () => {
    server = createServer(() => {})
    port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { readonly port: number }).port))
    })
  })
  afterAll(() => void server.close())

  test("lets a push fail at its own timeout, not at that of the client library", async () => {
    const { reason, message } = await failureOf(centreAt(`ws://127.0.0.1:${port}`).push(pushed, 50))
    expect([reason, message]).toEqual([
      "unavailable",
      `NATS at 127.0.0.1:${port}: no connection within 50 ms.`
    ])
  })
})
