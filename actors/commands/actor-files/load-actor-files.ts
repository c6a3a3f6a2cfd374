/**
 * Loads actors from files of the user: `spoor actor ./browser-counter.ts` runs every actor that the file exports. What is
 * wrong with a file is one sentence that says what to do.
 */
import { statSync } from "node:fs"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { Effect } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import { type Actor, isActor } from "../../runtime/actor.ts"
import { misuse } from "../command-line/flags.ts"
import { loadingFault } from "./loading-fault.ts"
import { otherEffect } from "./same-effect.ts"

/** An actor, and the file that exports it, as it was named. */
export interface LoadedActor {
  readonly actor: Actor
  readonly file: string
}

/** How long a file may take to load: its imports, and what it awaits. */
const loadTimeout = "30 seconds"

/**
 * The actors of these files, each once, in the order of the files and their exports. Fails with a command-line error for a
 * path that is no file, with "misconfigured" for a file that cannot be loaded or exports no actor.
 */
export const loadActorFiles = Effect.fnUntraced(function* (files: ReadonlyArray<string>) {
  const loaded: Array<LoadedActor> = []
  for (const file of files) {
    for (const actor of yield* actorsOf(file)) {
      if (!loaded.some((one) => one.actor === actor)) loaded.push({ actor, file })
    }
  }
  return loaded as ReadonlyArray<LoadedActor>
})

const actorsOf = Effect.fnUntraced(function* (file: string) {
  const path = resolve(file)
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    return yield* misuse(`there is no file ${file}: write the path of a file that exports actors`)
  const effect = otherEffect(file, path)
  if (effect !== undefined) return yield* unworkable(effect)
  const exported = yield* Effect.tryPromise({
    try: (): Promise<Readonly<Record<string, unknown>>> => import(pathToFileURL(path).href),
    catch: (cause) => new Failure({ reason: "misconfigured", message: loadingFault(file, cause) })
  }).pipe(
    Effect.timeoutOrElse({
      duration: loadTimeout,
      orElse: () =>
        unworkable(
          `${file} is still loading after ${loadTimeout}: do not wait in it, but in what an actor builds`
        )
    })
  )
  const values = Object.values(exported)
  const actors = values.filter(isActor)
  if (actors.length > 0) return actors
  return yield* unworkable(
    values.some(looksLikeActor)
      ? `${file} imports another copy of Spoor than this one: run it with its own, npx spoor actor ${file}`
      : `${file} exports no actor: export what Actor.make or counter returns`
  )
})

const unworkable = (message: string): Effect.Effect<never, Failure> =>
  Effect.fail(new Failure({ reason: "misconfigured", message }))

/** An actor that another copy of this code has made. */
const looksLikeActor = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "run" in value && "requires" in value && "limits" in value
