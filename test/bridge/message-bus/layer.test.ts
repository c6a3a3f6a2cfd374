/** Which message bus the settings choose. */
import { expect, test } from "bun:test"
import { ConfigProvider, Effect, Layer, Logger } from "effect"
import { layer, messageBusSettings } from "../../../bridge/message-bus/layer.ts"
import { MessageBus } from "../../../bridge/message-bus/service.ts"

const seamWith = (settings: Record<string, string>) =>
  Effect.map(MessageBus, ({ dependency }) => `${dependency.kind} ${dependency.address}`).pipe(
    Effect.provide(
      layer.pipe(
        Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(settings))),
        Layer.provide(Logger.layer([]))
      )
    ),
    Effect.catch((error) => Effect.succeed("message" in error ? error.message : String(error))),
    Effect.runPromise
  )

test("in process by default, NATS with NATS_URL, reachable or not", async () => {
  expect(await seamWith({})).toStartWith("in-process")
  expect(await seamWith({ NATS_URL: " " })).toStartWith("in-process")
  expect(await seamWith({ NATS_URL: "nats://me:secret@127.0.0.1:1,tls://127.0.0.1:2" })).toBe(
    "nats 127.0.0.1:1, 127.0.0.1:2"
  )
})

test("invalid settings end the start with an error", async () => {
  expect(await seamWith({ NATS_URL: "redis://host" })).toStartWith("NATS_URL cannot be used")
  expect(await seamWith({ NATS_URL: "host", NATS_CREDS: "/nowhere" })).toStartWith(
    'NATS_CREDS names the file "/nowhere", which cannot be read'
  )
  expect(await seamWith({ NATS_URL: "host", NATS_INBOX_PREFIX: "a b" })).toStartWith("NATS_INBOX_PREFIX")
})

test("the listed settings are those that are read", () => {
  expect(messageBusSettings.map(({ name }) => name)).toEqual([
    "NATS_URL",
    "NATS_CREDS",
    "NATS_NKEY",
    "NATS_CA",
    "NATS_CERT",
    "NATS_KEY",
    "NATS_INBOX_PREFIX",
    "BUS_SECRET"
  ])
})
