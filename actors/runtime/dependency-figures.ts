/**
 * The metrics of the systems that a process depends on: whether each works, its outages and its failures. They are computed
 * when the metrics are read. Live as long as the process.
 */
import { type Context, Metric } from "effect"
import type { Dependency } from "../../bridge/dependency.ts"

const up = Metric.gauge("spoor_dependency_up", {
  description:
    "1 while the dependency works: its last check succeeded, and no operation on it fails. Names as in /health/ready."
})
const outages = Metric.counter("spoor_dependency_outages_total", {
  description: "Outages of the dependency; the log has one line at the begin of each and one at its end.",
  incremental: true
})
const failures = Metric.counter("spoor_dependency_failures_total", {
  description:
    "Operations on the dependency that failed; the log only has their number, at the end of each outage.",
  incremental: true
})

/** A series that is only read ignores updates. */
const unused = { update: () => undefined, modify: () => undefined }

/** Adds the series of one system to the metrics of `context`; `isHealthy`: its last check did not fail. */
export const exportDependency = (
  context: Context.Context<never>,
  name: string,
  { outage }: Dependency,
  isHealthy: () => boolean
): void => {
  const attributes = { dependency: name }
  const count = (counter: Metric.Counter<number>, get: () => number): void =>
    void Metric.registerUnsafe(Metric.withAttributes(counter, attributes), context, {
      get: () => ({ count: get(), incremental: true }),
      ...unused
    })
  Metric.registerUnsafe(Metric.withAttributes(up, attributes), context, {
    get: () => ({ value: isHealthy() && outage?.isOpen() !== true ? 1 : 0 }),
    ...unused
  })
  count(outages, () => outage?.totals().outages ?? 0)
  count(failures, () => outage?.totals().failures ?? 0)
}
