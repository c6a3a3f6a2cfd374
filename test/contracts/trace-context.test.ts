/** Trace contexts: what is read as one, and that what is written is read again. */
import { expect, test } from "bun:test"
import { ConfigProvider, Effect } from "effect"
import { readTraceparent, traceParam, writeTraceparent } from "../../contracts/trace-context.ts"

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736"
const spanId = "00f067aa0ba902b7"

test("a written context is read again, with and without the sampled flag", () => {
  for (const sampled of [true, false]) {
    const context = { traceId, spanId, sampled }
    expect(readTraceparent(writeTraceparent(context))).toEqual(context)
  }
  expect(writeTraceparent({ traceId, spanId, sampled: true })).toBe(`00-${traceId}-${spanId}-01`)
})

test("other flags do not count, and a later version may have more fields", () => {
  expect(readTraceparent(`00-${traceId}-${spanId}-03`)?.sampled).toBe(true)
  expect(readTraceparent(`00-${traceId}-${spanId}-fe`)?.sampled).toBe(false)
  expect(readTraceparent(`cc-${traceId}-${spanId}-01-more`)?.sampled).toBe(true)
})

const invalid: ReadonlyArray<readonly [why: string, text: string]> = [
  ["empty", ""],
  ["version ff", `ff-${traceId}-${spanId}-01`],
  ["more fields in version 00", `00-${traceId}-${spanId}-01-x`],
  ["a trace id of zeros", `00-${"0".repeat(32)}-${spanId}-01`],
  ["a span id of zeros", `00-${traceId}-${"0".repeat(16)}-01`],
  ["upper case", `00-${traceId.toUpperCase()}-${spanId}-01`],
  ["a short trace id", `00-${traceId.slice(1)}-${spanId}-01`],
  ["two headers", `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`],
  ["a line end", `00-${traceId}-${spanId}-01\n`],
  ["far too long", `cc-${traceId}-${spanId}-01-${"x".repeat(300)}`]
]
for (const [why, text] of invalid)
  test(`no context: ${why}`, () => {
    expect(readTraceparent(text)).toBeUndefined()
  })

const paramIn = (value: string) =>
  Effect.runPromise(
    Effect.result(traceParam.config).pipe(
      Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ TRACE_PARAM: value })))
    )
  )

test("TRACE_PARAM is a name of a parameter", async () => {
  expect(await paramIn("traceparent")).toMatchObject({ success: "traceparent" })
  expect(await paramIn("a=b&c")).not.toHaveProperty("success")
})
