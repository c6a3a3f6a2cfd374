/** The bus over NATS, over TCP and WebSocket, when the server stops, restarts, denies subjects or has a smaller limit. Each test has its own server. */
import { describe, expect, test } from "bun:test"
import { connect, headers, wsconnect } from "@nats-io/transport-node"
import { Clock, Deferred, Effect, Exit, Fiber, Latch, Redacted, Scope } from "effect"
import { makeNats } from "../../../../bridge/message-bus/nats/bus.ts"
import { eventually } from "../../../support/eventually.ts"
import { canStartNats, type NatsServer, natsTransports, privateNats } from "../../../support/nats.ts"
import { bus, connected, isConnected } from "../connected.ts"
import { anHour, bytes, dropCount, failed, newSubject, run, soon, text } from "../support.ts"
import { watching } from "../watching.ts"

/** A connection of another program. */
const otherClient = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(() =>
      (url.startsWith("ws:") ? wsconnect : connect)({ servers: url.replace("nats://", "") })
    ),
    (nc) => Effect.promise(() => nc.close())
  )

const succeeds = (what: string, effect: () => Parameters<typeof failed>[0]) =>
  Effect.promise(() =>
    eventually(what, async () => (await Effect.runPromise(failed(Effect.suspend(effect)))) === "succeeded")
  )

describe.skipIf(!canStartNats).each([...natsTransports])("NATS over %s", (transport) => {
  const server = (configuration = ""): Effect.Effect<NatsServer, never, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.promise(() => privateNats(configuration, transport)),
      (one) => Effect.promise(one.remove)
    )

  const started = (configuration = "") =>
    Effect.tap(server(configuration), (one) => Effect.promise(() => one.start()))

  test("a bus starts without a server, reports it, and works once the server is up", () =>
    run(
      Effect.gen(function* () {
        const nats = yield* server()
        const here = yield* bus(nats.url)
        const subject = newSubject()
        expect(yield* failed(here.dependency.check)).toBe("unavailable")
        expect(yield* failed(here.flush)).toBe("unavailable")
        expect(yield* failed(here.request(subject, bytes("x"), yield* anHour))).toBe("unavailable")
        expect(yield* failed(here.requestMany(subject, bytes("x"), 100))).toBe("unavailable")
        expect(yield* failed(here.request(subject, new Uint8Array(600_000), yield* anHour))).toBe("too-large")
        const before = yield* dropCount("disconnected")
        yield* here.publish(subject, bytes("to nobody"))
        expect((yield* dropCount("disconnected")) - before).toBe(1)
        yield* here.serve(subject, "q", (request) => Effect.succeed(request.payload))
        yield* Effect.promise(() => nats.start())
        yield* isConnected(here)
        expect(text(yield* here.request(subject, bytes("now"), yield* anHour))).toBe("now")
      })
    ))

  test("closing a bus that was never connected ends at once", () => run(bus("nats://127.0.0.1:1")))

  test("requests in flight fail at once when the server stops; everything works again after its restart", () =>
    run(
      Effect.gen(function* () {
        const nats = yield* started()
        const here = yield* connected(nats.url)
        const there = yield* connected(nats.url)
        const subject = newSubject()
        const taken = yield* Deferred.make<void>()
        const released = yield* Latch.make()
        yield* here.serve(subject, "q", (request) =>
          text(request.payload) === "hang"
            ? Deferred.succeed(taken, undefined).pipe(
                Effect.andThen(released.await),
                Effect.as(request.payload)
              )
            : Effect.succeed(request.payload)
        )
        const watcher = yield* watching(there, here, `${subject}.>`, `${subject}.x`)
        const deadline = yield* anHour
        const one = yield* Effect.forkChild(failed(there.request(subject, bytes("hang"), deadline)))
        const many = yield* Effect.forkChild(failed(there.requestMany(subject, bytes("hang"), 3_600_000)))
        yield* Deferred.await(taken)

        yield* Effect.promise(nats.kill)
        expect(yield* Fiber.join(one)).toBe("timeout")
        expect(yield* Fiber.join(many)).toBe("timeout")
        expect(yield* failed(there.request(subject, bytes("away"), deadline))).toBe("unavailable")
        yield* here.publish(`${subject}.x`, bytes("while away"))
        yield* released.open

        yield* Effect.promise(() => nats.start())
        yield* isConnected(here)
        yield* isConnected(there)
        expect(text(yield* there.request(subject, bytes("back"), deadline))).toBe("back")
        yield* here.publish(`${subject}.x`, bytes("back"))
        expect(yield* watcher.until("back")).toEqual(["back"])
      })
    ))

  test("the limit follows a server with a smaller one, also while it is down", () =>
    run(
      Effect.gen(function* () {
        const nats = yield* started("max_payload: 64KB")
        const here = yield* connected(nats.url)
        const subject = newSubject()
        yield* here.serve(subject, "q", (request) =>
          Effect.succeed(new Uint8Array(text(request.payload) === "large" ? 65_000 : request.payload.length))
        )
        const deadline = yield* anHour
        const most = 64 * 1024 - 1024
        expect(yield* failed(here.request(subject, new Uint8Array(most + 1), deadline))).toBe("too-large")
        expect((yield* here.request(subject, new Uint8Array(most), deadline)).length).toBe(most)
        expect(yield* failed(here.request(subject, bytes("large"), deadline))).toBe("too-large")
        yield* here.publish(subject, new Uint8Array(70_000))
        yield* here.dependency.check

        yield* Effect.promise(nats.kill)
        yield* succeeds("noticed", () => Effect.flip(here.dependency.check).pipe(Effect.orDie))
        expect(yield* failed(here.request(subject, new Uint8Array(most + 1), deadline))).toBe("too-large")
        expect(yield* failed(here.request(subject, new Uint8Array(most), deadline))).toBe("unavailable")
      })
    ))

  test("a wrong password is retried until the server accepts it", () =>
    run(
      Effect.gen(function* () {
        const nats = yield* started('authorization { user: "spoor", password: "other" }')
        const here = yield* bus(nats.url.replace("//", "//spoor:p%40ss@"))
        const why = yield* Effect.promise(() =>
          eventually("refused", async () => {
            const failure = await Effect.runPromise(Effect.flip(here.dependency.check))
            return failure.message.includes("Authorization") && failure.message
          })
        )
        expect(why).not.toContain("p@ss")
        expect(here.dependency.address).not.toContain("spoor")
        yield* Effect.promise(nats.kill)
        yield* Effect.promise(() => nats.start('authorization { user: "spoor", password: "p@ss" }'))
        yield* isConnected(here)
      })
    ))

  test("a token in the URL logs in", () =>
    run(
      Effect.gen(function* () {
        const nats = yield* started('authorization { token: "secret" }')
        yield* connected(nats.url.replace("//", "//secret@"))
      })
    ))

  test("a denied subscription fails and is reported by the check until it is allowed", () =>
    run(
      Effect.gen(function* () {
        const rules = (subscribe: string) => `authorization { users: [{ user: "a", password: "b",
          permissions: { publish: { deny: "no.publish" }, subscribe: { deny: "${subscribe}" } } }] }`
        const nats = yield* started(rules("no.serve"))
        const here = yield* connected(nats.url.replace("//", "//a:b@"))
        const deadline = yield* anHour
        expect(yield* failed(here.request("no.publish", bytes("x"), deadline))).toBe("unavailable")
        yield* here.dependency.check
        const echo = here.serve("no.serve", "q", (request) => Effect.succeed(request.payload))
        expect(yield* failed(Effect.scoped(echo))).toBe("unavailable")
        expect(
          yield* failed(Effect.andThen(Effect.ignore(echo), here.dependency.check).pipe(Effect.scoped))
        ).toBe("unavailable")
        yield* here.dependency.check
        yield* Effect.ignore(echo)
        yield* Effect.promise(nats.kill)
        yield* Effect.promise(() => nats.start(rules("nothing")))
        yield* isConnected(here)
        expect(text(yield* here.request("no.serve", bytes("allowed"), deadline))).toBe("allowed")
      })
    ))

  test("replies to foreign clients, with the reason of a failure in a header", () =>
    run(
      Effect.gen(function* () {
        const nats = yield* started()
        const here = yield* connected(nats.url)
        const subject = newSubject()
        yield* here.serve(subject, "q", (request) =>
          text(request.payload) === "die"
            ? Effect.die("boom")
            : Effect.succeed(bytes(`until ${request.deadline}`))
        )
        const nc = yield* otherClient(nats.url)
        const answer = yield* Effect.promise(() => nc.request(subject, "hello"))
        expect(Number(answer.string().slice("until ".length))).toBeGreaterThan(Date.now())
        const dead = yield* Effect.promise(() => nc.request(subject, "die"))
        expect(dead.headers?.get("Spoor-Failure")).toBe("crashed")
        expect(dead.string()).toContain("boom")
      })
    ))

  test("a deadline is sent as the remaining time, so clocks may differ", () =>
    run(
      Effect.gen(function* () {
        const nats = yield* started()
        const here = yield* connected(nats.url)
        const subject = newSubject()
        yield* here.serve(subject, "q", (request) => Effect.succeed(bytes(`${request.deadline}`)))
        const nc = yield* otherClient(nats.url)
        const isLocal = (deadline: string, left: number, begun: number): void => {
          expect(Number(deadline)).toBeGreaterThanOrEqual(begun + left)
          expect(Number(deadline)).toBeLessThanOrEqual(Date.now() + left)
        }

        const patience: ReadonlyArray<readonly [header: string, left: number]> = [
          ["1500", 1_500],
          ["90000", 90_000],
          ["0", 5_000],
          ["-8000", 5_000],
          ["soon", 5_000],
          ["1e999", 5_000]
        ]
        for (const [header, left] of patience) {
          const all = headers()
          all.set("Spoor-Patience", header)
          const begun = Date.now()
          const answer = yield* Effect.promise(() =>
            nc.request(subject, "x", { timeout: 5_000, headers: all })
          )
          isLocal(answer.string(), left, begun)
        }

        const real = yield* Clock.Clock
        for (const ahead of [8_000, -8_000]) {
          const clock = Object.assign(Object.create(real), {
            currentTimeMillis: Effect.sync(() => Date.now() + ahead)
          })
          const begun = Date.now()
          const answer = yield* here
            .request(subject, bytes("x"), begun + ahead + 60_000)
            .pipe(Effect.provideService(Clock.Clock, clock))
          isLocal(text(answer), 60_000, begun)
        }
      })
    ))

  for (const when of ["noticed", "at once"] as const) {
    test(`closing while the server is down does not wait for it (${when})`, () =>
      run(
        Effect.gen(function* () {
          const nats = yield* started()
          const scope = yield* Scope.make()
          const here = yield* Scope.provide(connected(nats.url), scope)
          for (let i = 0; i < 10; i++) {
            yield* Scope.provide(
              here.serve(newSubject(), "q", (request) => Effect.succeed(request.payload)),
              scope
            )
          }
          yield* Effect.promise(nats.kill)
          if (when === "noticed") {
            yield* succeeds("noticed", () => Effect.flip(here.dependency.check).pipe(Effect.orDie))
          }
          const closing = yield* Effect.forkDetach(Scope.close(scope, Exit.void))
          expect((yield* Effect.timeoutOption(Fiber.join(closing), "3 seconds"))._tag).toBe("Some")
        })
      ))
  }

  test("invalid options fail at once", () =>
    run(
      Effect.gen(function* () {
        const options = { url: Redacted.make("nats://127.0.0.1"), creds: undefined, inboxPrefix: "_INBOX.x" }
        for (const wrong of [
          { url: Redacted.make("http://host") },
          { creds: "/nowhere/spoor.creds" },
          { inboxPrefix: "_INBOX.>" }
        ]) {
          expect(yield* failed(Effect.asVoid(Effect.scoped(makeNats({ ...options, ...wrong }))))).toBe(
            "misconfigured"
          )
        }
      })
    ))

  test("messages that cannot be sent are dropped, and memory stays bounded", () =>
    run(
      Effect.gen(function* () {
        const nats = yield* started()
        const here = yield* connected(nats.url)
        nats.pause()
        const fact = new Uint8Array(64 * 1024)
        const before = yield* dropCount("backlog")
        for (let i = 0; i < 1_000; i++) yield* here.publish("facts", fact)
        const kept = 1_000 - ((yield* dropCount("backlog")) - before)
        expect(kept).toBeGreaterThan(100)
        expect(kept).toBeLessThan(140)
        nats.resume()
        yield* here.flush
        const watcher = yield* watching(here, here, "facts", "facts")
        yield* here.publish("facts", bytes("alive"))
        expect(yield* watcher.until("alive")).toEqual(["alive"])
        expect(yield* failed(here.request(newSubject(), bytes("x"), yield* soon))).toBe("no-responders")
      })
    ))
})
