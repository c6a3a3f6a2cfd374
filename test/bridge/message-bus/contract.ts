/** The contract of every message bus. `open` returns two connected ends, which close with the scope. */
import { describe, expect, test } from "bun:test"
import { Deferred, Effect, Exit, Fiber, Latch, Scope, Stream } from "effect"
import type { MessageBus } from "../../../bridge/message-bus/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { maxMessageBytes } from "../../../contracts/messages/msgpack.ts"
import { eventually } from "../../support/eventually.ts"
import { anHour, bytes, dropCount, failed, newSubject, run, soon, text } from "./support.ts"
import { watching } from "./watching.ts"

type Bus = MessageBus["Service"]
export type Open = Effect.Effect<{ readonly here: Bus; readonly there: Bus }, Failure, Scope.Scope>

export const busContract = (name: string, open: Open): void => {
  describe(`${name}: requests`, () => {
    test("a request gets a reply, and carries its subject and deadline", () =>
      run(
        Effect.gen(function* () {
          const { here, there } = yield* open
          const subject = newSubject()
          yield* here.serve(subject, "q", (request) =>
            Effect.succeed(bytes(`${request.deadline} ${request.subject} ${text(request.payload)}`))
          )
          const begun = Date.now()
          const answer = text(yield* there.request(subject, bytes("hello"), begun + 3_600_000))
          expect(answer).toEndWith(` ${subject} hello`)
          const late = Number.parseInt(answer, 10) - begun - 3_600_000
          expect(late >= 0 && late <= Date.now() - begun).toBe(true)
        })
      ))

    test("a request carries the span of its sender, if it names one", () =>
      run(
        Effect.gen(function* () {
          const { here, there } = yield* open
          const subject = newSubject()
          yield* here.serve(subject, "q", ({ traceparent }) => Effect.succeed(bytes(`span ${traceparent}`)))
          const span = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`
          const deadline = yield* anHour
          expect(text(yield* there.request(subject, bytes("x"), deadline, span))).toBe(`span ${span}`)
          expect(text(yield* there.request(subject, bytes("x"), deadline))).toBe("span undefined")
        })
      ))

    test("a published message names its format", () =>
      run(
        Effect.gen(function* () {
          const { here, there } = yield* open
          const subject = newSubject()
          const seen: Array<number | undefined> = []
          yield* Effect.forkScoped(
            Stream.runForEach(here.subscribe(subject), ({ format }) => Effect.sync(() => seen.push(format)))
          )
          for (const format of [2, undefined])
            yield* Effect.promise(() =>
              eventually(`a message in format ${format}`, async () => {
                await Effect.runPromise(there.publish(subject, bytes("x"), format))
                return seen.at(-1) === format && seen.length > 0
              })
            )
        })
      ))

    test("requests and replies name their format, replies also their instance", () =>
      run(
        Effect.gen(function* () {
          const { here, there } = yield* open
          const subject = newSubject()
          yield* here.serve(
            subject,
            "q",
            ({ format, payload }) => {
              const answer = bytes(`asked in ${format}`)
              return Effect.succeed(text(payload) === "plain" ? answer : { payload: answer, format: 2 })
            },
            "instance-1"
          )
          const deadline = yield* anHour
          const reply = yield* there.exchange({ subject, payload: bytes("x"), deadline, format: 2 })
          expect({ ...reply, payload: text(reply.payload) }).toEqual({
            ...{ payload: "asked in 2", format: 2, instance: "instance-1" }
          })
          const plain = yield* there.exchange({ subject, payload: bytes("plain"), deadline })
          expect({ ...plain, payload: text(plain.payload) }).toEqual({
            ...{ payload: "asked in undefined", format: undefined, instance: "instance-1" }
          })
        })
      ))

    test("each request goes to exactly one member of a group, and all members get some", () =>
      run(
        Effect.gen(function* () {
          const { here, there } = yield* open
          const subject = newSubject()
          const counts = [0, 0, 0]
          for (const i of counts.keys()) {
            yield* (i === 0 ? there : here).serve(subject, "q", (request) => {
              counts[i] = (counts[i] ?? 0) + 1
              return Effect.succeed(request.payload)
            })
          }
          const deadline = yield* anHour
          const answers = yield* Effect.forEach(
            Array.from({ length: 300 }, (_, i) => String(i)),
            (i) => Effect.map(there.request(subject, bytes(i), deadline), (answer) => text(answer) === i),
            { concurrency: 50 }
          )
          expect(answers).not.toContain(false)
          expect(counts.reduce((sum, n) => sum + n)).toBe(300)
          expect(Math.min(...counts)).toBeGreaterThan(0)
        })
      ))

    test("every group gets a request, and so does every server without a group", () =>
      run(
        Effect.gen(function* () {
          const { here, there } = yield* open
          const subject = newSubject()
          const seen: Array<string> = []
          const by = (who: string) => () =>
            Effect.as(
              Effect.sync(() => seen.push(who)),
              bytes(who)
            )
          yield* here.serve(subject, "a", by("a"))
          yield* here.serve(subject, "b", by("b"))
          yield* here.serve(subject, undefined, by("c"))
          yield* here.serve(subject, undefined, by("d"))
          yield* there.request(subject, bytes(""), yield* anHour)
          yield* Effect.promise(() => eventually("all four asked", () => seen.length === 4))
          expect(seen.toSorted()).toEqual(["a", "b", "c", "d"])
        })
      ))

    test("fails at once with no-responders when no responder serves the subject", () =>
      run(
        Effect.gen(function* () {
          const { there } = yield* open
          expect(yield* failed(there.request(newSubject(), bytes("x"), yield* anHour))).toBe("no-responders")
          expect(yield* failed(there.requestMany(newSubject(), bytes("x"), 3_600_000))).toBe("no-responders")
        })
      ))

    test("times out, and a late reply is never used for another request", () =>
      run(
        Effect.gen(function* () {
          const { here, there } = yield* open
          const subject = newSubject()
          const slow = yield* Latch.make()
          let answered = 0
          yield* here.serve(subject, "q", (request) =>
            (text(request.payload) === "slow" ? slow.await : Effect.void).pipe(
              Effect.tap(() => Effect.sync(() => answered++)),
              Effect.as(request.payload)
            )
          )
          expect(yield* failed(there.request(subject, bytes("slow"), yield* soon))).toBe("timeout")
          const second = yield* Effect.forkChild(there.request(subject, bytes("second"), yield* anHour))
          yield* slow.open
          expect(text(yield* Fiber.join(second))).toBe("second")
          yield* Effect.promise(() => eventually("the late answer was given", () => answered === 2))
          expect(text(yield* there.request(subject, bytes("third"), yield* anHour))).toBe("third")
        })
      ))

    test("a request that hangs does not delay the next", () =>
      run(
        Effect.gen(function* () {
          const { here, there } = yield* open
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
          const deadline = yield* anHour
          const hanging = yield* Effect.forkChild(there.request(subject, bytes("hang"), deadline))
          yield* Deferred.await(taken)
          expect(text(yield* there.request(subject, bytes("next"), deadline))).toBe("next")
          yield* released.open
          expect(text(yield* Fiber.join(hanging))).toBe("hang")
        })
      ))

    test("an expired request, a too large one and an invalid subject are not sent", () =>
      run(
        Effect.gen(function* () {
          const { here, there } = yield* open
          const subject = newSubject()
          const sizes: Array<number> = []
          yield* here.serve(subject, "q", (request) =>
            Effect.as(
              Effect.sync(() => sizes.push(request.payload.length)),
              new Uint8Array()
            )
          )
          const deadline = yield* anHour
          expect(yield* failed(there.request(subject, bytes("x"), Date.now() - 1))).toBe("expired")
          const large = new Uint8Array(maxMessageBytes + 1)
          expect(yield* failed(there.request(subject, large, deadline))).toBe("too-large")
          expect(yield* failed(there.requestMany(subject, large, 1_000))).toBe("too-large")
          expect(yield* failed(there.request("not a subject", bytes("x"), deadline))).toBe("unreadable")
          expect(yield* failed(there.request("not.*", bytes("x"), deadline))).toBe("unreadable")
          yield* there.request(subject, large.subarray(1), deadline)
          expect(sizes).toEqual([maxMessageBytes])
        })
      ))

    test("a crash of a handler becomes `crashed`, and the member keeps serving", () =>
      run(
        Effect.gen(function* () {
          const { here, there } = yield* open
          const subject = newSubject()
          yield* here.serve(subject, "q", (request) => {
            if (text(request.payload) === "throw") throw new Error("before the effect")
            return text(request.payload) === "die" ? Effect.die("boom") : Effect.succeed(request.payload)
          })
          const deadline = yield* anHour
          expect(yield* failed(there.request(subject, bytes("die"), deadline))).toBe("crashed")
          expect(yield* failed(there.request(subject, bytes("throw"), deadline))).toBe("crashed")
          expect(text(yield* there.request(subject, bytes("live"), deadline))).toBe("live")
        })
      ))

    test("a reply over the limit becomes too-large, and does not affect other requests", () =>
      run(
        Effect.gen(function* () {
          const { here, there } = yield* open
          const subject = newSubject()
          const held = yield* Latch.make()
          yield* here.serve(subject, "q", (request) =>
            text(request.payload) === "large"
              ? Effect.succeed(new Uint8Array(maxMessageBytes + 1))
              : Effect.as(held.await, request.payload)
          )
          const deadline = yield* anHour
          const other = yield* Effect.forkChild(there.request(subject, bytes("other"), deadline))
          expect(yield* failed(there.request(subject, bytes("large"), deadline))).toBe("too-large")
          yield* held.open
          expect(text(yield* Fiber.join(other))).toBe("other")
        })
      ))

    test("closing accepts no new requests, but replies to those in flight", () =>
      run(
        Effect.gen(function* () {
          const { here, there } = yield* open
          const subject = newSubject()
          const scope = yield* Scope.make()
          const taken = yield* Deferred.make<void>()
          const finish = yield* Latch.make()
          yield* here
            .serve(subject, "q", (request) =>
              Deferred.succeed(taken, undefined).pipe(
                Effect.andThen(finish.await),
                Effect.as(request.payload)
              )
            )
            .pipe(Scope.provide(scope))
          const deadline = yield* anHour
          const underWay = yield* Effect.forkChild(there.request(subject, bytes("under way"), deadline))
          yield* Deferred.await(taken)
          const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
          yield* Effect.promise(() =>
            eventually("no longer taking", async () => {
              const late = there.request(subject, bytes("late"), Date.now() + 100)
              return (await Effect.runPromise(failed(late))) === "no-responders"
            })
          )
          yield* finish.open
          expect(text(yield* Fiber.join(underWay))).toBe("under way")
          yield* Fiber.join(closing)
        })
      ))

    test("requestMany returns the replies within the window", () =>
      run(
        Effect.gen(function* () {
          const { here, there } = yield* open
          const subject = newSubject()
          yield* here.serve(subject, undefined, () => Effect.succeed(bytes("one")))
          yield* there.serve(subject, undefined, () => Effect.succeed(bytes("two")))
          const released = yield* Latch.make()
          yield* here.serve(subject, undefined, () => Effect.as(released.await, bytes("three, too late")))
          yield* here.serve(subject, undefined, () => Effect.die("boom"))
          const answers = yield* there.requestMany(subject, bytes(""), 200)
          yield* released.open
          expect(answers.map(text).toSorted()).toEqual(["one", "two"])
        })
      ))
  })

  describe(`${name}: subscriptions`, () => {
    test("receive published messages and requests, by pattern", () =>
      run(
        Effect.gen(function* () {
          const { here, there } = yield* open
          const root = newSubject()
          const exact = yield* watching(here, there, `${root}.a.b`, `${root}.a.b`)
          const one = yield* watching(here, there, `${root}.*.b`, `${root}.x.b`)
          const rest = yield* watching(here, there, `${root}.a.>`, `${root}.a.x`)
          yield* here.serve(`${root}.a.b`, "q", (request) => Effect.succeed(request.payload))
          for (const end of ["", ".a", ".a.b", ".c.b", ".a.b.c", ".a.bb"]) {
            yield* there.publish(root + end, bytes(`published${end}`))
          }
          yield* there.request(`${root}.a.b`, bytes("asked"), yield* anHour)
          expect(yield* exact.until("asked")).toEqual(["published.a.b", "asked"])
          expect(yield* one.until("asked")).toEqual(["published.a.b", "published.c.b", "asked"])
          expect(yield* rest.until("asked")).toEqual([
            "published.a.b",
            "published.a.b.c",
            "published.a.bb",
            "asked"
          ])
        })
      ))

    test("a slow subscriber loses the oldest messages, keeps the newest and delays no other", () =>
      run(
        Effect.gen(function* () {
          const { here, there } = yield* open
          const subject = newSubject()
          const watcher = yield* watching(here, there, subject, subject)
          yield* watcher.pause
          const before = yield* dropCount("slow-watcher")
          for (let i = 0; i < 5_000; i++) yield* there.publish(subject, bytes(String(i)))
          yield* there.flush
          yield* here.flush
          yield* watcher.resume
          const seen = yield* watcher.until("4999")
          const lost = (yield* dropCount("slow-watcher")) - before
          expect(lost).toBeGreaterThan(1_000)
          expect(seen.length + lost).toBeGreaterThanOrEqual(5_000)
          expect(seen.slice(-1_000)).toEqual(Array.from({ length: 1_000 }, (_, i) => String(4_000 + i)))
        })
      ))

    test("publishing never fails, whatever the subject and payload", () =>
      run(
        Effect.gen(function* () {
          const { there } = yield* open
          const before = [yield* dropCount("too-large"), yield* dropCount("unreadable")]
          yield* there.publish(newSubject(), bytes("to nobody"))
          yield* there.publish(newSubject(), new Uint8Array(maxMessageBytes + 1))
          yield* there.publish("not a subject", bytes("x"))
          const after = [yield* dropCount("too-large"), yield* dropCount("unreadable")]
          expect(after).toEqual(before.map((count) => count + 1))
          yield* there.flush
          yield* there.dependency.check
        })
      ))
  })
}
