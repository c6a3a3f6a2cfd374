/**
 * `actor <names> --check`: reports every fault in the settings of these actors at once and, with `--connect`, in the systems
 * that they require. Starts no actor. The exit code is 0 when all is well (warnings included), 78 for settings that cannot
 * work, 1 for a system that is unreachable or unfit.
 */
import { ConfigProvider, Effect, References, Result } from "effect"
import { type Finding, fault } from "../../bridge/finding.ts"
import type { Actor } from "../runtime/actor.ts"
import type { Requirement } from "../runtime/dependencies.ts"
import { inertText } from "../runtime/escape-controls.ts"
import { checkSettings } from "./check/settings.ts"
import { print } from "./command-line/print.ts"

export interface CheckOptions {
  readonly connect: boolean
  readonly json: boolean
}

/** Prints the findings and returns the exit code. */
export const checkActors = Effect.fnUntraced(
  function* (actors: ReadonlyArray<Actor>, { connect, json }: CheckOptions) {
    const { findings, provider, working } = yield* checkSettings(actors, process.env)
    const ofServices = connect ? yield* connected(actors, provider, working) : []
    const all = [
      ...findings.map((finding) => ({ about: "settings", ...finding })),
      ...ofServices.map((finding) => ({ about: "services", ...finding }))
    ]
    const code = hasFault(findings) ? 78 : hasFault(ofServices) ? 1 : 0
    yield* print(json ? JSON.stringify({ code, findings: all }) : all.map(lineOf).join("\n"))
    return code
  },
  // Connections log nothing: the findings say it.
  Effect.provideService(References.MinimumLogLevel, "None")
)

const connected = Effect.fnUntraced(function* (
  actors: ReadonlyArray<Actor>,
  provider: ConfigProvider.ConfigProvider,
  working: ReadonlyArray<Requirement<never>>
) {
  const { inspectServices } = yield* Effect.promise(() => import("./check/services.ts"))
  const found = yield* Effect.result(
    Effect.provideService(inspectServices(actors, working), ConfigProvider.ConfigProvider, provider)
  )
  return Result.isSuccess(found) ? found.success : [fault(found.failure.message)]
})

const hasFault = (findings: ReadonlyArray<Finding>): boolean =>
  findings.some(({ level }) => level === "fault")

const lineOf = ({ level, message }: Finding): string =>
  `${level.padEnd("warning".length)}  ${inertText(message)}`
