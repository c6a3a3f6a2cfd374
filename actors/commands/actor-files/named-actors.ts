/** The actors that the words of a command line name: Spoor's own by name, those of the user by the path of their file. */
import { Effect } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import { loadActors } from "../../all.ts"

/** Whether a word of the command line is the path of a file, not the name of one of Spoor's actors. */
export const isActorFile = (word: string): boolean => /[/\\]|\.[cm]?[jt]sx?$/.test(word)

/**
 * Spoor's actors in the order of the pipeline, then those of the files. Fails with a command-line error for a missing file,
 * with "misconfigured" for a file without a usable actor, and for an actor that claims what belongs to another.
 */
export const namedActors = Effect.fnUntraced(function* (words: ReadonlyArray<string>) {
  const files = words.filter(isActorFile)
  const own = yield* Effect.promise(() => loadActors(words.filter((word) => !isActorFile(word))))
  if (files.length === 0) return own
  const { loadActorFiles } = yield* Effect.promise(() => import("./load-actor-files.ts"))
  const { collisions } = yield* Effect.promise(() => import("./collisions.ts"))
  const loaded = yield* loadActorFiles(files)
  const [first, ...others] = collisions(loaded)
  if (first === undefined) return [...own, ...loaded.map(({ actor }) => actor)]
  const more = others.length === 0 ? "" : ` (and ${others.length} more like this)`
  return yield* new Failure({ reason: "misconfigured", message: `${first}${more}` })
})
