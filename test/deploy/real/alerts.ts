/**
 * `bun run deploy-test alerts`: each alert of deploy/prometheus/alerts.yaml is made to fire by what it is there for, on real
 * servers, and made to clear. The rules are those of users with shorter durations (deploy/prometheus/shorten.ts).
 */
import { rules } from "../../../deploy/prometheus/rules.ts"
import { promtool } from "../../support/promtool.ts"
import { type Cause, causes as eventCauses } from "./alerts/causes.ts"
import { reactionCauses } from "./alerts/reaction-causes.ts"
import { openWorld, type World } from "./alerts/world.ts"
import { type Check, readRuns } from "./results.ts"

/** How long an alert may take to fire, and to clear, milliseconds. */
const patienceMs = 240_000

const causes: ReadonlyArray<Cause> = [...eventCauses, ...reactionCauses]

const say = (text: string): void => void process.stderr.write(`${text}\n`)

const seconds = (ms: number): string => `${(ms / 1000).toFixed(0)} s`

/** When each of the alerts was first seen firing, and what it said; watches until all were, or patience is over. */
const watchFiring = async (
  { prometheus }: World,
  wanted: ReadonlyArray<string>,
  keepUp: () => Promise<unknown>
): Promise<ReadonlyMap<string, { readonly after: number; readonly summary: string }>> => {
  const begun = performance.now()
  const seen = new Map<string, { readonly after: number; readonly summary: string }>()
  let isOver = false
  const keeping = (async () => {
    while (!isOver) {
      await keepUp().catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  })()
  while (wanted.some((name) => !seen.has(name)) && performance.now() - begun < patienceMs) {
    for (const { name, state, summary } of await prometheus.alerts())
      if (state === "firing" && wanted.includes(name) && !seen.has(name))
        seen.set(name, { after: performance.now() - begun, summary })
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  isOver = true
  await keeping
  return seen
}

/** How long after `ended` each of the alerts no longer fired; undefined: it did until patience was over. */
const watchClearing = async (
  { prometheus }: World,
  wanted: ReadonlyArray<string>,
  ended: number
): Promise<ReadonlyMap<string, number>> => {
  const begun = performance.now()
  const clear = new Map<string, number>()
  while (wanted.some((name) => !clear.has(name)) && performance.now() - begun < patienceMs) {
    const alerts = await prometheus.alerts()
    const firing = new Set(alerts.filter(({ state }) => state === "firing").map(({ name }) => name))
    for (const name of wanted)
      if (firing.has(name)) clear.delete(name)
      else if (!clear.has(name)) clear.set(name, performance.now() - ended)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  return clear
}

/** Causes the alerts and ends the cause. */
const check = async (world: World, cause: Cause): Promise<ReadonlyArray<Check>> => {
  const { what, alerts, after = [], begin, keepUp = async () => {}, end } = cause
  say(`${what} …`)
  await begin(world)
  const fired = await watchFiring(world, alerts, () => keepUp(world))
  await end(world)
  const ended = performance.now()
  const later = await watchFiring(world, after, async () => {})
  const cleared = await watchClearing(world, [...alerts, ...after], ended)
  const checkOf = (name: string): Check => {
    const found = fired.get(name) ?? later.get(name)
    const clear = cleared.get(name)
    const when = after.includes(name) ? "after its end" : ""
    return {
      name: `${name}: ${what}`,
      passed: found !== undefined && clear !== undefined,
      proof: [
        found === undefined
          ? "did not fire"
          : `fired ${when} after ${seconds(found.after)}: "${found.summary}"`,
        clear === undefined ? "did not clear" : `was clear ${seconds(clear)} after the end`
      ]
        .join("; ")
        .replaceAll("  ", " ")
    }
  }
  const checks = [...alerts, ...after].map(checkOf)
  for (const { name, passed, proof } of checks)
    say(`  ${passed ? "ok  " : "FAIL"} ${name.split(":")[0]}: ${proof}`)
  return checks
}

/** Nothing fires while nothing is wrong. */
const silence = async (world: World): Promise<Check> => {
  await new Promise((resolve) => setTimeout(resolve, 30_000))
  const firing = (await world.prometheus.alerts()).filter(({ state }) => state === "firing")
  return {
    name: "no alert fires while events flow",
    passed: firing.length === 0,
    proof: firing.map(({ name, summary }) => `${name}: ${summary}`).join("; ") || "none within 30 s"
  }
}

/** Every check, in order. `only` limits them to causes of these alerts; the others keep their last results. */
export const alerted = async (
  only: ReadonlyArray<string> = process.argv.slice(3)
): Promise<ReadonlyArray<Check>> => {
  if (promtool() === undefined) throw new Error("Prometheus is missing.")
  const world = await openWorld()
  const checks: Array<Check> = []
  try {
    if (only.length === 0) checks.push(await silence(world))
    for (const cause of causes)
      if (only.length === 0 || cause.alerts.some((name) => only.includes(name)))
        checks.push(...(await check(world, cause)))
  } finally {
    await world.close()
  }
  const caused = new Set(causes.flatMap(({ alerts, after = [] }) => [...alerts, ...after]))
  const missing = rules().flatMap(({ alert }) => (alert === undefined || caused.has(alert) ? [] : [alert]))
  const again = new Set(checks.map(({ name }) => name))
  const kept = only.length === 0 ? [] : (readRuns().alerts?.checks ?? [])
  return [
    ...kept.filter(({ name }) => !again.has(name) && name !== "every alert has a cause here"),
    ...checks,
    {
      name: "every alert has a cause here",
      passed: missing.length === 0,
      proof: missing.length === 0 ? `${caused.size} alerts` : `without: ${missing.join(", ")}`
    }
  ]
}
