/** The parser of Redis URLs: each parameter is supported, or refused by its name. */
import { expect, test } from "bun:test"
import { Effect, Redacted } from "effect"
import { eachUrl, firstUrl, parseRedisUrl } from "../../../bridge/redis/url.ts"

const read = (url: string) => Effect.runSync(parseRedisUrl(Redacted.make(url)))
const refused = (url: string) => Effect.runSync(Effect.flip(parseRedisUrl(Redacted.make(url))))

test("host, port, database, login and TLS", () => {
  expect(read("redis://a")).toEqual({
    address: "a:6379",
    kind: "single",
    hosts: [{ host: "a", port: 6379, text: "a:6379" }],
    settings: { host: "a", port: 6379, db: 0 }
  })
  expect(read("rediss://me:p%40ss@a:7/3")).toEqual({
    address: "a:7",
    kind: "single",
    hosts: [{ host: "a", port: 7, text: "a:7" }],
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
  ["redis+sentinel://a/primary/3?db=6", "db"],
  ["redis+sentinel://a/primary?timeout=1", "timeout"],
  ["redis+sentinel://a/primary?sentinel_password=", "sentinel_password"],
  ["redis://a?sentinel_password=secret", "sentinel_password"],
  ["unix:///redis.sock?ssl=true", "ssl"],
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
  "unix://secret/redis.sock",
  "unix://",
  "redis://a,secret",
  "redis+sentinel://a:26379",
  "redis+sentinel://a:26379/",
  "redis+sentinel://a/secret/one",
  "redis+sentinel://a/secret/0/1",
  "redis+sentinel://a,/secret",
  "redis+sentinel://a,b:0/secret",
  "redis+sentinel://me:secret@a,me:secret@b/primary",
  "redis+sentinel://a/primary#secret",
  "redis+cluster://a/3",
  "redis+cluster://a?db=3",
  "redis+other://secret",
  "redis+unix:///secret",
  "secret:6379"
])("'%s' is refused without repeating it", (url) => {
  const { reason, message } = refused(url)
  expect(reason).toBe("misconfigured")
  expect(message).not.toContain("secret")
})

test("a primary that sentinels name, with logins of both and a database", () => {
  const url = "rediss+sentinel://me:p%40ss@a,[::1]:7,c:8/my%20primary/3?sentinel_user=s&sentinel_password=t"
  expect(read(url)).toEqual({
    address: "my primary of the sentinels a:26379, [::1]:7, c:8",
    kind: "sentinel",
    hosts: [
      { host: "a", port: 26379, text: "a:26379" },
      { host: "::1", port: 7, text: "[::1]:7" },
      { host: "c", port: 8, text: "c:8" }
    ],
    sentinel: { name: "my primary", username: "s", password: "t" },
    settings: { host: "a", port: 26379, db: 3, username: "me", password: "p@ss", tls: {} }
  })
  expect(read("redis+sentinel://a/primary?db=6").settings.db).toBe(6)
  expect(read("valkey+sentinel://a/primary/2?db=2").settings.db).toBe(2)
})

test("a cluster by several of its nodes, and a socket of this machine", () => {
  const cluster = read("redis+cluster://:pw@a,b:7")
  expect([cluster.kind, cluster.address, cluster.settings.password]).toEqual(["cluster", "a:6379, b:7", "pw"])
  expect(read("rediss+cluster://a/0").settings.tls).toEqual({})
  expect(read("unix:///run/redis%20a.sock?db=6&username=me&password=pw")).toEqual({
    address: "/run/redis a.sock",
    kind: "single",
    hosts: [],
    settings: { path: "/run/redis a.sock", db: 6, username: "me", password: "pw" }
  })
})

test("a list of URLs: commas also separate the hosts of one", () => {
  const list = (text: string) => eachUrl(Redacted.make(text)).map(Redacted.value)
  expect(list("redis://a, redis://b:1,,")).toEqual(["redis://a", "redis://b:1"])
  expect(list("redis+sentinel://a,b, c/p/1 , redis://d,redis+cluster://e,f")).toEqual([
    "redis+sentinel://a,b,c/p/1",
    "redis://d",
    "redis+cluster://e,f"
  ])
  expect(list("redis://a,b")).toEqual(["redis://a", "b"])
  expect(firstUrl(Redacted.make("redis+sentinel://a,b/p,redis://c"))).toEqual(
    Redacted.make("redis+sentinel://a,b/p")
  )
  expect(firstUrl(Redacted.make(" "))).toBeUndefined()
})
