/**
 * The rules that this viewer knows: those of the file RULES as it is now, and those made by the API. Read when they are
 * asked for, and the file every two seconds: of one that turns bad, the last good version is known, as in the reactor. A
 * file or a list that has not changed is not checked again. Lives as long as its scope.
 */
import { Effect, Result } from "effect"
import type { ReactionStore, StoredRule } from "../../../bridge/reaction-store/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import type { Rule } from "../../../contracts/reactions/rule.ts"
import { messageOf, RuleProblem } from "../../rules/problem.ts"
import { readRule, readRules } from "../../rules/read-rules.ts"
import { makeRenderer, type Renderer } from "../../rules/render.ts"
import { readRulesText } from "../../rules/rules-in-use.ts"
import { rulesFile } from "../../rules/settings.ts"
import { type RuleVariables, readRuleVariables } from "../../rules/variables.ts"

export interface KnownRule {
  readonly name: string
  /** Undefined for a rule of the API that can no longer be read. */
  readonly rule: Rule | undefined
  readonly source: "file" | "api"
  /** Why it is not in force; undefined otherwise. */
  readonly problem: string | undefined
}

export interface KnownRules {
  readonly rules: ReadonlyArray<KnownRule>
  /** The variables and secrets that this process has, and the renderer with them. */
  readonly variables: RuleVariables
  readonly renderer: Renderer
  readonly hasFile: boolean
  /** Why the last version of the file is not in force; undefined otherwise. */
  readonly fileProblem: string | undefined
  /** What could not be read: sentences. */
  readonly troubles: ReadonlyArray<string>
}

/** How often the file is read although nobody asks for the rules. */
const fileInterval = "2 seconds"

/** Reads the rules; never fails. */
export const makeKnownRules = Effect.fnUntraced(function* (store: ReactionStore["Service"]) {
  const path = yield* rulesFile.config
  const rendererOf = makeRendererCache()
  const fileRulesOf = makeFileRules()
  const apiRulesOf = makeApiRules()
  let lastVariables: RuleVariables = { vars: {}, secrets: {} }

  const readFileRules = Effect.gen(function* () {
    const variables = yield* Effect.result(readRuleVariables())
    const text = yield* Effect.result(readText(path))
    if (Result.isSuccess(variables)) lastVariables = variables.success
    const renderer = rendererOf(lastVariables)
    return { variables, renderer, file: fileRulesOf(text, renderer) }
  })
  yield* readFileRules
  if (path !== undefined)
    yield* Effect.sleep(fileInterval).pipe(Effect.andThen(readFileRules), Effect.forever, Effect.forkScoped)

  return Effect.gen(function* () {
    const [{ variables, renderer, file }, stored] = yield* Effect.all(
      [readFileRules, Effect.result(store.rules)],
      { concurrency: "unbounded" }
    )
    const api = Result.isSuccess(stored)
      ? apiRulesOf(stored.success.rules, renderer, new Set(file.rules.map(({ name }) => name)))
      : []
    const known: KnownRules = {
      rules: [
        ...file.rules.map((rule) => ({ name: rule.name, rule, source: "file" as const, problem: undefined })),
        ...api
      ],
      variables: lastVariables,
      renderer,
      hasFile: path !== undefined,
      fileProblem: file.problem,
      troubles: [...troubleOf(variables), ...troubleOf(stored)]
    }
    return known
  })
})

const troubleOf = <A>(read: Result.Result<A, Failure>): ReadonlyArray<string> =>
  Result.isFailure(read) ? [read.failure.message] : []

/** The text of the file; undefined without one. Fails with a sentence. */
const readText = (path: string | undefined): Effect.Effect<string | undefined, string> =>
  path === undefined
    ? Effect.succeed(undefined)
    : Effect.tryPromise({
        try: () => readRulesText(path),
        catch: () => "The file that RULES names cannot be read."
      })

const makeRendererCache = () => {
  let made: { readonly key: string; readonly renderer: Renderer } | undefined
  return (variables: RuleVariables): Renderer => {
    const key = JSON.stringify(variables)
    if (made?.key !== key) made = { key, renderer: makeRenderer(variables) }
    return made.renderer
  }
}

/** The last valid rules of the file, and the problem of its text, if there is one. */
const makeFileRules = () => {
  let checked: { readonly text: string | undefined; readonly renderer: Renderer } | undefined
  let rules: ReadonlyArray<Rule> = []
  let problem: string | undefined
  return (read: Result.Result<string | undefined, string>, renderer: Renderer) => {
    if (Result.isFailure(read)) {
      checked = undefined
      problem = read.failure
    } else if (checked?.text !== read.success || checked?.renderer !== renderer) {
      checked = { text: read.success, renderer }
      const found = read.success === undefined ? noRules : readRules(read.success, renderer)
      problem = found.problems[0]?.sentence
      if (problem === undefined) rules = found.rules
    }
    return { rules, problem }
  }
}

const noRules = { rules: [], problems: [] }

const makeApiRules = () => {
  const checked = new Map<
    string,
    { readonly text: string; readonly renderer: Renderer; readonly rule: ReadRule }
  >()
  return (
    stored: ReadonlyArray<StoredRule>,
    renderer: Renderer,
    fileNames: ReadonlySet<string>
  ): ReadonlyArray<KnownRule> => {
    const names = new Set(stored.map(({ name }) => name))
    for (const name of checked.keys()) if (!names.has(name)) checked.delete(name)
    return stored.map(({ name, text }) => {
      const before = checked.get(name)
      const rule =
        before?.text === text && before.renderer === renderer ? before.rule : readStored(text, renderer)
      checked.set(name, { text, renderer, rule })
      const problem = fileNames.has(name)
        ? "The file RULES has a rule of the same name, which is in force instead."
        : rule.problem
      return { name, rule: rule.rule, source: "api", problem }
    })
  }
}

interface ReadRule {
  readonly rule: Rule | undefined
  readonly problem: string | undefined
}

const readStored = (text: string, renderer: Renderer): ReadRule => {
  try {
    return { rule: readRule(JSON.parse(text), renderer), problem: undefined }
  } catch (error) {
    return { rule: undefined, problem: error instanceof RuleProblem ? error.sentence : messageOf(error) }
  }
}
