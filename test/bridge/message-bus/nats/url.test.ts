/** The parser of NATS_URL. */
import { expect, test } from "bun:test"
import { Effect } from "effect"
import { parseNatsUrl } from "../../../../bridge/message-bus/nats/url.ts"

const read = (text: string) => Effect.runSync(parseNatsUrl(text))

test("one server, several, with and without scheme and port", () => {
  expect(read("nats://a")).toEqual({
    servers: ["a:4222"],
    isWebSocket: false,
    tls: false,
    login: undefined
  })
  expect(read("a:5, nats://b:6/ ,127.0.0.1").servers).toEqual(["a:5", "b:6", "127.0.0.1:4222"])
  expect(read("nats://[::1]:4223").servers).toEqual(["[::1]:4223"])
})

test("the login of the first server that has one, and TLS", () => {
  expect(read("a,tls://me:p%40s%3As@b").login).toEqual({ user: "me", pass: "p@s:s" })
  expect(read("a,tls://me:p%40ss@b").tls).toBe(true)
  expect(read("nats://t0ken@a").login).toEqual({ token: "t0ken" })
})

test("WebSocket servers keep their scheme and path, without a login", () => {
  expect(read("ws://a, ws://me:pw@b:8080/")).toEqual({
    servers: ["ws://a:80", "ws://b:8080"],
    isWebSocket: true,
    tls: false,
    login: { user: "me", pass: "pw" }
  })
  expect(read("wss://t0ken@a/nats/ws,wss://[::1]:8443")).toEqual({
    servers: ["wss://a:443/nats/ws", "wss://[::1]:8443"],
    isWebSocket: true,
    tls: true,
    login: { token: "t0ken" }
  })
})

test("WebSocket servers and others are not mixed", () => {
  for (const text of ["nats://a,ws://b", "wss://b,tls://s3cret@a", "a,ws://b"]) {
    const failure = Effect.runSync(Effect.flip(parseNatsUrl(text)))
    expect(failure.reason).toBe("misconfigured")
    expect(failure.message).toContain("mixes servers over WebSocket (ws://, wss://) with others")
    expect(failure.message).not.toContain("s3cret")
  }
})

test("a parameter is refused by its name, and a part of a password is not printed as one", () => {
  const refused = (text: string) => Effect.runSync(Effect.flip(parseNatsUrl(text))).message
  expect(refused("nats://a:4222?tls=true")).toContain('"tls"')
  expect(refused("nats://a:4222?tls=true")).toContain("tls://")
  expect(refused("nats://a?timeout=5")).toContain('"timeout"')
  expect(refused("nats://me:1?s3cret=1@a")).not.toContain("s3cret")
  expect(refused("nats://a?s3cret=1@b")).not.toContain("s3cret")
})

test("one login is used for all servers: different ones are refused", () => {
  expect(read("nats://me:pw@a,nats://me:pw@b,c").login).toEqual({ user: "me", pass: "pw" })
  const failure = Effect.runSync(Effect.flip(parseNatsUrl("nats://me:s3cret@a,nats://you:s3cret@b")))
  expect(failure.reason).toBe("misconfigured")
  expect(failure.message).toContain("different logins")
  expect(failure.message).not.toContain("s3cret")
})

test.each([
  "",
  ",",
  "a,",
  "http://a",
  "ws://",
  "wss://a?s3cret",
  "ws://a/#s3cret",
  "nats://",
  "nats://a:0",
  "nats://a:70000",
  "nats://a b",
  "nats://me:100%@a",
  "nats://me:s3cret@a/path",
  "nats://:s3cret@a",
  "nats://a#s3cret"
])("refuses %p, without repeating it", (text) => {
  const failure = Effect.runSync(Effect.flip(parseNatsUrl(text)))
  expect(failure.reason).toBe("misconfigured")
  expect(failure.message).toStartWith("NATS_URL cannot be used: server ")
  expect(failure.message).not.toContain("s3cret")
})
