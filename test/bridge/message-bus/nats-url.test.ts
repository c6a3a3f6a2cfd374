/** How NATS_URL is read. */
import { expect, test } from "bun:test"
import { Effect } from "effect"
import { parseNatsUrl } from "../../../bridge/message-bus/nats-url.ts"

const read = (text: string) => Effect.runSync(parseNatsUrl(text))

test("one server, several, with and without scheme and port", () => {
  expect(read("nats://a")).toEqual({ servers: ["a:4222"], tls: false, login: undefined })
  expect(read("a:5, nats://b:6/ ,127.0.0.1").servers).toEqual(["a:5", "b:6", "127.0.0.1:4222"])
  expect(read("nats://[::1]:4223").servers).toEqual(["[::1]:4223"])
})

test("a login of the first that has one, and TLS", () => {
  expect(read("a,tls://me:p%40s%3As@b").login).toEqual({ user: "me", pass: "p@s:s" })
  expect(read("a,tls://me:p%40ss@b").tls).toBe(true)
  expect(read("nats://t0ken@a").login).toEqual({ token: "t0ken" })
})

test.each([
  "",
  ",",
  "a,",
  "http://a",
  "ws://a",
  "nats://",
  "nats://a:0",
  "nats://a:70000",
  "nats://a b",
  "nats://me:100%@a",
  "nats://me:s3cret@a/path"
])("refuses %p, without repeating it", (text) => {
  const failure = Effect.runSync(Effect.flip(parseNatsUrl(text)))
  expect(failure.reason).toBe("unreadable")
  expect(failure.message).toStartWith("NATS_URL cannot be used: server ")
  expect(failure.message).not.toContain("s3cret")
})
