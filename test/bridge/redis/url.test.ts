/** The parser of Redis URLs: each parameter is supported, or refused by its name. */
import { expect, test } from "bun:test"
import { Effect, Redacted } from "effect"
import { parseRedisUrl } from "../../../bridge/redis/url.ts"

const read = (url: string) => Effect.runSync(parseRedisUrl(Redacted.make(url)))
const refused = (url: string) => Effect.runSync(Effect.flip(parseRedisUrl(Redacted.make(url))))

test("host, port, database, login and TLS", () => {
  expect(read("redis://a")).toEqual({ address: "a:6379", settings: { host: "a", port: 6379, db: 0 } })
  expect(read("rediss://me:p%40ss@a:7/3")).toEqual({
    address: "a:7",
    settings: { host: "a", port: 7, db: 3, username: "me", password: "p@ss", tls: { servername: "a" } }
  })
  expect(read("rediss://[::1]").settings).toEqual({ host: "::1", port: 6379, db: 0, tls: {} })
  expect(read("valkeys://a/").settings.tls).toEqual({ servername: "a" })
  expect(read("redis://:alone@a").settings).toMatchObject({ password: "alone" })
})

test("parameters have the same meaning as the parts of the URL before them", () => {
  expect(read("redis://a:6379?db=6").settings.db).toBe(6)
  expect(read("redis://a:6379/?db=06").settings.db).toBe(6)
  expect(read("redis://a/6?db=6").settings.db).toBe(6)
  for (const tls of ["ssl=true", "tls=1", "ssl=yes", "ssl=True"])
    expect(read(`redis://a?${tls}`).settings.tls).toEqual({ servername: "a" })
  for (const plain of ["ssl=false", "tls=0", "ssl=no"])
    expect(read(`redis://a?${plain}`).settings.tls).toBeUndefined()
  expect(read("redis://a?username=me&password=p%40ss&database=2").settings).toMatchObject({
    username: "me",
    password: "p@ss",
    db: 2
  })
})

test.each([
  ["redis://a?timeout=5", "timeout"],
  ["redis://a?db=1&socket_timeout=5", "socket_timeout"],
  ["rediss://a?ssl_cert_reqs=none", "ssl_cert_reqs"],
  ["redis://a?db=one", "db"],
  ["redis://a?db=-1", "db"],
  ["redis://a?db=1e1", "db"],
  ["redis://a?ssl=maybe", "ssl"],
  ["redis://a?password=", "password"],
  ["redis://a/1?db=2", "db"],
  ["redis://a?db=1&db=2", "database"],
  ["rediss://a?ssl=false", "tls"],
  ["redis://me:secret@a?user=you", "username"],
  ["redis://a?__proto__=1", "question mark"]
])("'%s' is refused, and says why: %s", (url, name) => {
  const { reason, message } = refused(url)
  expect(reason).toBe("misconfigured")
  expect(message).toContain(name)
  expect(message).not.toContain("secret")
})

test.each([
  "redis://a/0x10",
  "redis://a/1e1",
  "redis://a/1/2",
  "redis://a/-1",
  "redis://a:0",
  "redis://a#secret",
  "redis://a/1#secret",
  "redis://secret@a",
  "redis://me:s?secret@a",
  "redis://pass?secret@a:6379",
  "redis://pass?secret=1@a:6379",
  "redis-sentinel://a:26379/secret",
  "unix:///secret.sock",
  "secret:6379"
])("'%s' is refused without repeating it", (url) => {
  const { reason, message } = refused(url)
  expect(reason).toBe("misconfigured")
  expect(message).not.toContain("secret")
})
