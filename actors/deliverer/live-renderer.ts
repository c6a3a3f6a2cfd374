/**
 * The renderer with the variables and secrets of now: the files of secrets are read again every few seconds, so that a
 * replaced secret is used. Lives as long as its scope.
 */
import process from "node:process"
import { Effect } from "effect"
import { makeRenderer, type Renderer } from "../rules/render.ts"
import { type RuleVariables, readRuleVariables, secretFiles } from "../rules/variables.ts"

/** How often files are read again, ms. */
const intervalMs = 2_000

/** Replaced secrets that are still hidden: answers of before may repeat them. */
const maxFormer = 100

export interface LiveRenderer {
  readonly current: () => Renderer
  readonly secret: (name: string) => string | undefined
}

/** Fails with one sentence when the file of a secret cannot be read at the start; later the old value stays in use. */
export const makeLiveRenderer = Effect.gen(function* () {
  let variables = yield* readRuleVariables()
  let renderer = makeRenderer(variables)
  let former: ReadonlyArray<string> = []
  const use = (next: RuleVariables): void => {
    if (JSON.stringify(next) === JSON.stringify(variables)) return
    former = [...new Set([...Object.values(variables.secrets), ...former])].slice(0, maxFormer)
    variables = next
    renderer = makeRenderer(next, former)
  }
  if (secretFiles(process.env).length > 0)
    yield* Effect.sleep(intervalMs).pipe(
      Effect.andThen(Effect.map(readRuleVariables(), use)),
      Effect.ignore,
      Effect.forever,
      Effect.forkScoped
    )
  const live: LiveRenderer = { current: () => renderer, secret: (name) => variables.secrets[name] }
  return live
})
