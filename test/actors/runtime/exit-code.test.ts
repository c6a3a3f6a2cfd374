/** The exit code of a process by the cause of its failure: 78 signals a supervisor that a restart cannot help. */
import { describe, expect, test } from "bun:test"
import { Cause, ConfigProvider, Effect, Exit } from "effect"
import { processExitOf } from "../../../actors/runtime/exit-code.ts"
import { kafkaSsl } from "../../../bridge/settings.ts"
import { Failure, type FailureReason } from "../../../contracts/failure.ts"

const codes: Readonly<Record<FailureReason, number>> = {
  unavailable: 1,
  "no-responders": 1,
  busy: 1,
  expired: 1,
  timeout: 1,
  "no-answer": 1,
  "too-large": 1,
  unreadable: 78,
  misconfigured: 78,
  crashed: 1
}

describe("the exit code of a failure", () => {
  for (const [reason, code] of Object.entries(codes) as ReadonlyArray<[FailureReason, number]>) {
    test(`${reason}: ${code}`, () => {
      const failure = new Failure({ reason, message: "A sentence." })
      expect(processExitOf(Cause.fail(failure))).toEqual({ sentence: "A sentence.", code })
      expect(processExitOf(Cause.die(failure))).toEqual({ sentence: "A sentence.", code })
    })
  }

  test("no reason that ends a process with 78 is worth a retry", () => {
    for (const [reason, code] of Object.entries(codes) as ReadonlyArray<[FailureReason, number]>) {
      if (code === 78) expect(new Failure({ reason, message: "" }).retry).toBe(false)
    }
  })
})

test("a setting that cannot be read: 78, with its name first", async () => {
  const settings = ConfigProvider.layer(ConfigProvider.fromUnknown({ KAFKA_SSL: "perhaps" }))
  const exit = await Effect.runPromiseExit(Effect.provide(kafkaSsl.config, settings))
  if (Exit.isSuccess(exit)) throw new Error("the setting was accepted")
  const { sentence, code } = processExitOf(exit.cause)
  expect(code).toBe(78)
  expect(sentence).toStartWith("KAFKA_SSL")
})

test("an unforeseen error: 1", () => {
  expect(processExitOf(Cause.die(new TypeError("a defect\n  in two lines")))).toEqual({
    sentence: "a defect in two lines",
    code: 1
  })
})
