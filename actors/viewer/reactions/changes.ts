/** The changes that people make: of rules made by the API, and of targets. Each is logged. Keeps nothing. */
import { Effect } from "effect"
import type { ReactionStore } from "../../../bridge/reaction-store/service.ts"
import { Failure } from "../../../contracts/failure.ts"
import { ownTargets, TargetName } from "../../../contracts/reactions/delivery.ts"
import type { Rule } from "../../../contracts/reactions/rule.ts"
import type { PutCommand } from "./commands.ts"
import type { KnownRules } from "./known-rules.ts"
import { writtenRule } from "./written-rule.ts"

/** `readOnly`: why rules cannot be made or changed here; null when they can be. All fail with "unreadable" and a sentence. */
export const makeChanges = (
  store: ReactionStore["Service"],
  known: Effect.Effect<KnownRules>,
  readOnly: string | null
) => {
  const changeable = readOnly === null ? Effect.void : refused(readOnly)

  /** The rule of the API with that name. */
  const ownRule = Effect.fnUntraced(function* (name: string) {
    const { rules, troubles } = yield* known
    const found = rules.filter((one) => one.name === name)
    const own = found.find(({ source }) => source === "api")
    if (own !== undefined) return own
    if (found.length > 0) return yield* refused(inFile(name))
    const trouble = troubles[0]
    return yield* trouble === undefined
      ? refused(`There is no rule "${name}" that was made here.`)
      : Effect.fail(new Failure({ reason: "unavailable", message: trouble }))
  })

  const save = Effect.fnUntraced(function* (rule: Rule) {
    const outcome = yield* store.putRule({ name: rule.name, text: JSON.stringify(rule) })
    yield* Effect.logInfo(`A rule was ${outcome}.`, { rule: rule.name, on: rule.on !== false })
    return { name: rule.name, outcome }
  })

  const changeTarget = (
    what: string,
    target: string,
    change: (name: TargetName) => Effect.Effect<void, Failure>,
    rule?: string
  ) =>
    Effect.gen(function* () {
      yield* change(yield* targetNamed(target))
      yield* Effect.logInfo(`A target was ${what}.`, { target, ...(rule === undefined ? {} : { rule }) })
    })

  return {
    put: Effect.fnUntraced(function* (command: PutCommand) {
      yield* changeable
      const { rules, renderer } = yield* known
      const rule = yield* writtenRule(command, renderer)
      if (rules.some(({ name, source }) => name === rule.name && source === "file"))
        return yield* refused(`${inFile(rule.name)} For a rule made here, choose another name.`)
      return yield* save(rule)
    }),
    remove: Effect.fnUntraced(function* (name: string) {
      yield* ownRule(name)
      if (!(yield* store.removeRule(name))) return yield* refused(`Rule "${name}" is gone already.`)
      yield* Effect.logInfo("A rule was removed.", { rule: name })
    }),
    turn: Effect.fnUntraced(function* (name: string, on: boolean) {
      const { rule, problem } = yield* ownRule(name)
      if (rule === undefined) return yield* refused(`Rule "${name}" cannot be read: ${problem ?? ""}`.trim())
      const { on: _, ...rest } = rule
      yield* save(on ? rest : { ...rest, on: false })
    }),
    pause: (target: string) => changeTarget("paused", target, store.pause),
    resume: (target: string) => changeTarget("resumed", target, store.resume),
    enable: (target: string, rule: string) =>
      changeTarget("enabled", target, (name) => store.enable(name, rule), rule)
  }
}

const refused = (message: string) => Effect.fail(new Failure({ reason: "unreadable", message }))

const inFile = (name: string): string => `Rule "${name}" is in the file RULES: change it there.`

const own: ReadonlySet<string> = new Set(Object.values(ownTargets))

/** The name of a target: an origin, or one of Spoor's own. */
const targetNamed = (target: string): Effect.Effect<TargetName, Failure> => {
  const isOrigin = URL.canParse(target) && new URL(target).origin === target
  return isOrigin || own.has(target)
    ? Effect.succeed(TargetName.make(target))
    : refused("The target must be one of the list, like https://shop.example.")
}
