/** Replies that are not signed with the deployment's key, or signed for another request, are refused. */
import { describe, expect, test } from "bun:test"
import { Effect, Redacted } from "effect"
import { makeInProcess } from "../../../bridge/message-bus/in-process.ts"
import { signedBus } from "../../../bridge/message-bus/signed-replies.ts"
import { anHour, bytes, newSubject, run, text } from "./support.ts"

const secret = Redacted.make("our secret")

/** The outcome of a request with this reply from a client on the same bus. */
const askedOf = (answer: (signed: Uint8Array) => Uint8Array, key = secret) =>
  run(
    Effect.gen(function* () {
      const plain = makeInProcess()
      const subject = newSubject()
      const [ours, theirs] = [newSubject(), newSubject()]
      yield* signedBus(plain, key).serve(ours, "q", ({ payload }) => Effect.succeed(payload))
      yield* signedBus(plain, key).serve(theirs, "q", () => Effect.succeed(bytes("other")))
      const genuine = yield* plain.request(ours, bytes("asked"), yield* anHour)
      yield* plain.serve(subject, "q", () => Effect.succeed(answer(genuine)))
      const outcome = yield* Effect.result(
        signedBus(plain, secret).request(subject, bytes("asked"), yield* anHour)
      )
      const own = yield* Effect.result(signedBus(plain, secret).request(ours, bytes("asked"), yield* anHour))
      return { outcome, own: own._tag === "Success" ? text(own.success) : own.failure.message }
    })
  )

describe("a signed bus", () => {
  test("accepts its own reply", async () => {
    expect((await askedOf((signed) => signed)).own).toBe("asked")
  })

  for (const [what, forged] of Object.entries({
    "no signature": () => bytes("asked"),
    nothing: () => new Uint8Array(0),
    "a signature of something else": (signed: Uint8Array) =>
      Buffer.concat([signed.subarray(0, 32), bytes("forged")]),
    "the genuine answer to a request on another subject": (signed: Uint8Array) => signed
  }))
    test(`refuses ${what}`, async () => {
      expect((await askedOf(forged)).outcome).toMatchObject({
        failure: { reason: "unreadable", infrastructure: true }
      })
    })

  test("refuses a reply signed with another key", async () => {
    expect((await askedOf((signed) => signed, Redacted.make("theirs"))).own).toContain("BUS_SECRET")
  })

  test("refuses a reply that was signed for another request", () =>
    run(
      Effect.gen(function* () {
        const plain = makeInProcess()
        const subject = newSubject()
        const signed = signedBus(plain, secret)
        let kept = new Uint8Array(0)
        yield* signed.serve(`${subject}.real`, "q", ({ payload }) => Effect.succeed(payload))
        yield* plain.serve(subject, "q", ({ payload }) =>
          Effect.orDie(
            Effect.flatMap(anHour, (deadline) => plain.request(`${subject}.real`, payload, deadline))
          ).pipe(
            Effect.map((answer) => {
              if (kept.length === 0) kept = Uint8Array.from(answer)
              return kept
            })
          )
        )
        const ask = (what: string) =>
          Effect.flatMap(anHour, (deadline) => Effect.result(signed.request(subject, bytes(what), deadline)))
        expect(yield* ask("one")).toMatchObject({ failure: { reason: "unreadable" } })
        expect(yield* ask("two")).toMatchObject({ failure: { reason: "unreadable" } })
      })
    ))
})
