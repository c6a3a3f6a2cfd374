/** The histogram of the time from the gateway to Kafka: one observation per stored event, at 0 from the start. */
import { expect, test } from "bun:test"
import { Context, Metric } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { makeStoredDelay } from "../../../actors/bridge/stored-delay.ts"
import type { Appended } from "../../../bridge/event-log/service.ts"
import { Topic } from "../../../contracts/ids.ts"

const [events, clicks] = [Topic.make("events"), Topic.make("clicks")]
const eventOf = (topic: Topic, received: number, index: number) => ({
  ...{ topic, received, index, value: new Uint8Array() }
})
const stored: Appended = { stored: true, partition: 0, offset: "1" }
const refused: Appended = { stored: false, why: "too large", reason: "too large" }

test("counts each stored event by its topic and delay, and a clock that is ahead as no delay", () => {
  const context = Context.make(Metric.MetricRegistry, new Map())
  const values = (): Readonly<Record<string, number>> =>
    Object.fromEntries(
      [...PrometheusMetrics.formatUnsafe(context).matchAll(/^spoor_stored_delay_seconds_(.*) (\S+)$/gm)].map(
        ([, name = "", value]) => [name, Number(value)]
      )
    )
  const count = makeStoredDelay(context, [events])
  expect(values()).toMatchObject({
    'count{topic="events"}': 0,
    'bucket{topic="events",le="0.01"}': 0,
    'bucket{topic="events",le="+Inf"}': 0
  })
  const now = 1_800_000_000_000
  const ages = [0, 10, 11, 4_000, 5_000, 100_000_000, -3_000, 777]
  count(
    [...ages.map((age, index) => eventOf(events, now - age, index)), eventOf(clicks, now - 4_000, 8)],
    [...ages.map((_, i) => (i === 7 ? refused : stored)), stored],
    now
  )
  expect(values()).toMatchObject({
    'bucket{topic="events",le="0.01"}': 3,
    'bucket{topic="events",le="0.025"}': 4,
    'bucket{topic="events",le="2.5"}': 4,
    'bucket{topic="events",le="5"}': 6,
    'bucket{topic="events",le="21600"}': 6,
    'bucket{topic="events",le="+Inf"}': 7,
    'count{topic="events"}': 7,
    'count{topic="clicks"}': 1,
    'sum{topic="clicks"}': 4
  })
  expect(values()['sum{topic="events"}']).toBeCloseTo(100_009.021, 3)
})
