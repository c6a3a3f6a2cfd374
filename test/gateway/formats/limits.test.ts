/** The settings of bodies and batches, and the limits made from them. */
import { expect, test } from "bun:test"
import { ConfigProvider, Effect } from "effect"
import { eventIdParam } from "../../../contracts/client-event-id.ts"
import { readAll } from "../../../contracts/setting.ts"
import { bodyLimitsOf, bodySettings, standardFormatLimits } from "../../../gateway/formats/limits.ts"

const read = (environment: Record<string, string>) =>
  Effect.runPromise(
    readAll({ ...bodySettings, eventIdParam }).pipe(
      Effect.map(({ eventIdParam, ...limits }) => ({ ...bodyLimitsOf(limits), eventIdParam })),
      Effect.mapError((error) => error.message),
      Effect.flip,
      Effect.catch(Effect.succeed),
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(environment))
    )
  )

test("every setting has a default", async () => {
  expect(await read({})).toEqual({ ...standardFormatLimits, eventIdParam: "idempotency_key" })
})

test("settings are applied", async () => {
  const environment = {
    GATEWAY_MAX_BODY: "100",
    GATEWAY_MAX_INFLATED: "200",
    GATEWAY_MAX_BATCH: "3",
    GATEWAY_BODY_TIMEOUT: "4 seconds",
    EVENT_ID_PARAM: "event_id"
  }
  expect(await read(environment)).toEqual({
    sentBytes: 100,
    bytes: 200,
    events: 3,
    timeoutMs: 4_000,
    eventIdParam: "event_id"
  })
})

test("an invalid setting is refused by name", async () => {
  expect(await read({ GATEWAY_MAX_BODY: "0" })).toContain("GATEWAY_MAX_BODY")
  expect(await read({ GATEWAY_MAX_BATCH: "many" })).toContain("GATEWAY_MAX_BATCH")
  expect(await read({ EVENT_ID_PARAM: "a b" })).toContain("It must be a name")
})
