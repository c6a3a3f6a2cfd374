/** Finds every fault in the settings of actors at once, without starting or connecting anything. */
import { ConfigProvider, Effect, Exit } from "effect"
import { type Finding, fault, ok, warning } from "../../../bridge/finding.ts"
import { natsUrl } from "../../../bridge/settings.ts"
import type { Actor, SettingsCheck } from "../../runtime/actor.ts"
import { checkActorSet } from "../../runtime/check-actor-set.ts"
import { messageBus, type Requirement } from "../../runtime/dependencies.ts"
import { readVariables } from "../../runtime/environment.ts"
import { processExitOf } from "../../runtime/exit-code.ts"
import { misspelledSettings, misspellingSentence } from "../../runtime/misspelled-settings.ts"
import { settingsOf } from "../help.ts"

export interface CheckedSettings {
  readonly findings: ReadonlyArray<Finding>
  /** The settings as they were read, for effects that read them again. */
  readonly provider: ConfigProvider.ConfigProvider
  /** The services of the actors whose settings can work. */
  readonly working: ReadonlyArray<Requirement<never>>
}

/** Checks each setting alone, then those that must fit together, and the names of the variables. */
export const checkSettings = Effect.fnUntraced(function* (
  actors: ReadonlyArray<Actor>,
  variables: Readonly<Record<string, string | undefined>>
): Effect.fn.Return<CheckedSettings> {
  const settings = [...new Set(actors.flatMap(settingsOf))]
  const { values, problems } = readVariables(
    variables,
    settings.map(({ name }) => name)
  )
  const provider = ConfigProvider.fromEnv({ env: values })
  const sentenceOf = (check: SettingsCheck): Effect.Effect<string | undefined> =>
    Effect.map(Effect.exit(Effect.provideService(check, ConfigProvider.ConfigProvider, provider)), (exit) =>
      Exit.isFailure(exit) ? processExitOf(exit.cause).sentence : undefined
    )
  const sentencesOf = (checks: ReadonlyArray<SettingsCheck>) => Effect.forEach(checks, sentenceOf)

  const requirements = [...new Set([...actors.flatMap(({ requires }) => requires), messageBus])]
  const ofServices = yield* Effect.forEach(requirements, ({ checks }) => sentencesOf(checks))
  const isEmbedded = Effect.map(natsUrl.config, (url) => url === undefined)
  const sentences = [
    ...problems,
    ...(yield* sentencesOf(settings.map(({ config }) => config))),
    ...ofServices.flat(),
    ...(yield* sentencesOf(actors.flatMap(({ checks }) => checks))),
    yield* sentenceOf(Effect.flatMap(isEmbedded, (embedded) => checkActorSet(actors, embedded)))
  ].filter((sentence) => sentence !== undefined)
  const faults = [...new Set(sentences)].map(fault)
  const set = settings.filter(({ name }) => values[name] !== undefined).length
  const names = actors.map(({ name }) => name).join(", ")
  return {
    findings: [
      ...(faults.length === 0
        ? [ok(`The settings of ${names} can be used: ${set} of ${settings.length} are set.`)]
        : faults),
      ...misspelledSettings(variables, settings).map((one) => warning(misspellingSentence(one)))
    ],
    provider,
    working: requirements.filter((_, i) => ofServices[i]?.every((sentence) => sentence === undefined))
  }
})
