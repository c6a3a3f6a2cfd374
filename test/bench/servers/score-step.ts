/** The step `score` of the Python kit as a step in TypeScript, to compare the two. Runs as a process until a signal. */
import { Effect, Exit } from "effect"
import { settingsOf } from "../../../actors/commands/help.ts"
import { environmentLayer } from "../../../actors/runtime/environment.ts"
import { loggingLayer } from "../../../actors/runtime/logging.ts"
import { runProcess } from "../../../actors/runtime/process.ts"
import { step } from "../../../actors/step/step.ts"

const byType: Readonly<Record<string, number>> = {
  ...{ purchase: 60, buy: 60, checkout: 45, cart: 35 },
  ...{ signup: 40, login: 25, search: 20, view: 10 }
}
const byDevice: Readonly<Record<string, number>> = {
  ...{ Desktop: 10, Tablet: 8, Mobile: 5, TV: 3, Console: 3, Wearable: 2 }
}

const Score = step("score", {
  summary: "Adds score (0 to 100) and score_class (low, middle, high) from type, device and parameters.",
  add: (event) => {
    const device = event.meta("type")
    if (device === "Bot") return {}
    const price = Number(event.param("price") ?? 0)
    const seconds = Number(event.param("seconds") ?? 0)
    if (Number.isNaN(price) || Number.isNaN(seconds)) throw new Error("price or seconds is not a number")
    const long = seconds >= 60 ? 15 : 0
    const paid = price > 0 ? 15 : 0
    const points = Math.min(100, (byType[event.type] ?? 5) + (byDevice[device] ?? 0) + long + paid)
    return { score: String(points), score_class: points >= 60 ? "high" : points >= 30 ? "middle" : "low" }
  }
})

const names = settingsOf(Score).map(({ name }) => name)
const exit = await Effect.runPromiseExit(
  runProcess([Score]).pipe(Effect.provide(loggingLayer), Effect.provide(environmentLayer(names)))
)
process.exit(Exit.isSuccess(exit) ? 0 : 1)
