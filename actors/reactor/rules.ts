/** The rules of the running reactor: read again as they change, with what changed in the log and in the metrics. */
import { Effect } from "effect"
import { ReactionStore } from "../../bridge/reaction-store/service.ts"
import { countReload, reloadable } from "../../bridge/reload.ts"
import { type LiveRules, makeLiveRules, type Reloaded } from "../rules/live-rules.ts"
import { type RulesInUse, readRulesFile } from "../rules/rules-in-use.ts"
import { rulesFile } from "../rules/settings.ts"
import { secretFiles } from "../rules/variables.ts"
import type { ReactorFigures } from "./figures.ts"

/** Fails with the sentence of the start for a rules file that cannot be used. */
export const checkRules = Effect.gen(function* () {
  yield* readRulesFile(yield* rulesFile.config, process.env)
})

/** The rules in use until the scope closes. */
export const reactorRules = Effect.fnUntraced(function* (figures: ReactorFigures) {
  const path = yield* rulesFile.config
  const store = yield* ReactionStore
  const live: LiveRules = yield* makeLiveRules({
    ...{ path, store, environment: process.env },
    report: (reloaded) => Effect.andThen(show(figures, reloaded), tell(reloaded))
  })
  yield* show(figures, { what: "file", rules: live.current(), problems: [] })
  if (live.current().set.rules.length > 0) yield* Effect.logInfo(countSentence("Rules", live.current()))
  yield* warnUnset(live.current())
  if (path !== undefined || secretFiles(process.env).length > 0)
    yield* reloadable({ setting: rulesFile.name, reads: [], reload: live.reload })
  return live
})

const show = Effect.fnUntraced(function* (figures: ReactorFigures, { what, rules, problems }: Reloaded) {
  const on = rules.set.rules.filter((rule) => rule.on !== false)
  yield* figures.set("rules", on.length)
  yield* figures.set("apiProblems", rules.apiProblems.length)
  if (what === "file") yield* figures.set("problem", problems.length === 0 ? 0 : 1)
})

const tell = Effect.fnUntraced(function* ({ what, rules, problems }: Reloaded) {
  for (const problem of problems)
    yield* Effect.logWarning(
      what === "file"
        ? `The previous rules stay in use: ${problem}`
        : `A rule made by the API is not used: ${problem}`
    )
  if (what === "file") yield* countReload(rulesFile.name, problems.length === 0 ? "loaded" : "refused")
  if (what === "file" && problems.length > 0) return
  yield* Effect.logInfo(countSentence("The rules have changed", rules))
  yield* warnUnset(rules)
})

const countSentence = (what: string, { fileRules, apiRules }: RulesInUse): string =>
  `${what}: ${fileRules.length} of the file, ${apiRules.length} of the API.`

const warnUnset = ({ unset }: RulesInUse): Effect.Effect<void> =>
  unset.length === 0
    ? Effect.void
    : Effect.logWarning(`The rules name what is not set and renders empty: ${unset.join(", ")}.`)
