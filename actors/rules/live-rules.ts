/**
 * The rules in use: those of the file that RULES names, and those made by the API. Read at the start, when the file (or the
 * file of a secret) has changed, also by rename or as a symbolic link, at SIGHUP, and when the store has another version of
 * the rules of the API. What cannot be used keeps the previous rules, and says why. Lives as long as its scope.
 */
import { stat } from "node:fs/promises"
import { Deferred, Effect, type Scope, Semaphore } from "effect"
import type { ReactionStore, StoredRule } from "../../bridge/reaction-store/service.ts"
import type { Failure } from "../../contracts/failure.ts"
import { combineRules, type RulesInFile, type RulesInUse, readRulesFile } from "./rules-in-use.ts"
import { secretFiles } from "./variables.ts"

/** How often files are looked at, and the store asked, ms. A changed file is read when it has not changed since the last look. */
const filesIntervalMs = 500
const storeIntervalMs = 1_000

/** What reading the rules again came to. */
export interface Reloaded {
  readonly what: "file" | "api"
  readonly rules: RulesInUse
  /** Why something cannot be used, one sentence each; of the file, the previous rules stay in use. */
  readonly problems: ReadonlyArray<string>
}

export interface LiveRulesOptions {
  /** The path in RULES; undefined for none. */
  readonly path: string | undefined
  readonly store: Pick<ReactionStore["Service"], "rules" | "rulesVersion">
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Called for each change and each refusal. */
  readonly report: (reloaded: Reloaded) => Effect.Effect<void>
}

export interface LiveRules {
  readonly current: () => RulesInUse
  /** Why the file as it is now, or the file of a secret, is not in use, and since when (ms since 1970). */
  readonly problem: () => { readonly sentence: string; readonly since: number } | undefined
  /** Waits until the rules of the API are known too, so that no event is passed over for want of them. */
  readonly areKnown: Effect.Effect<void>
  /** Reads the files again; true when they have changed. Fails with why the previous rules stay in use. */
  readonly reload: Effect.Effect<boolean, Failure>
}

/** Fails with one sentence for a file that cannot be used. */
export const makeLiveRules = Effect.fnUntraced(function* ({
  path,
  store,
  environment,
  report
}: LiveRulesOptions): Effect.fn.Return<LiveRules, Failure, Scope.Scope> {
  const known = yield* Deferred.make<void>()
  const lock = yield* Semaphore.make(1)
  const watched = [...(path === undefined ? [] : [path]), ...secretFiles(environment)]
  let seen = yield* fingerprints(watched)
  let inFile: RulesInFile = yield* readRulesFile(path, environment)
  let stored: { readonly version: number; readonly rules: ReadonlyArray<StoredRule> } | undefined
  let current = combineRules(inFile, [])
  let problem: ReturnType<LiveRules["problem"]>

  const use = (what: Reloaded["what"]): Effect.Effect<void> =>
    Effect.suspend(() => {
      current = combineRules(inFile, stored?.rules ?? [])
      return report({ what, rules: current, problems: what === "api" ? current.apiProblems : [] })
    })

  const reload = Effect.gen(function* () {
    const found = yield* Effect.result(readRulesFile(path, environment))
    if (found._tag === "Failure") {
      const sentence = found.failure.message
      if (problem?.sentence !== sentence) {
        problem = { sentence, since: Date.now() }
        yield* report({ what: "file", rules: current, problems: [sentence] })
      }
      return yield* found.failure
    }
    const wasRefused = problem !== undefined
    problem = undefined
    const hasChanged = found.success.fingerprint !== inFile.fingerprint
    inFile = found.success
    if (hasChanged || wasRefused) yield* use("file")
    return hasChanged
  }).pipe(lock.withPermits(1))

  const lookAtFiles = Effect.gen(function* () {
    const before = seen
    seen = yield* fingerprints(watched)
    // A file that is being written is read when it is complete.
    if (seen !== before) pending = true
    else if (pending) {
      pending = false
      yield* Effect.ignore(reload)
    }
  })
  let pending = false

  const lookAtStore = Effect.gen(function* () {
    if ((yield* store.rulesVersion) !== stored?.version) {
      const found = yield* store.rules
      const isFirst = stored === undefined
      stored = found
      if (!isFirst || found.rules.length > 0) yield* lock.withPermits(1)(use("api"))
    }
    yield* Deferred.succeed(known, undefined)
  })

  const every = (milliseconds: number, work: Effect.Effect<unknown, Failure>) =>
    Effect.ignore(work).pipe(Effect.andThen(Effect.sleep(milliseconds)), Effect.forever, Effect.forkScoped)
  if (watched.length > 0) yield* every(filesIntervalMs, lookAtFiles)
  yield* every(storeIntervalMs, lookAtStore)
  return { current: () => current, problem: () => problem, areKnown: Deferred.await(known), reload }
})

/** Which files these are now: another file, or another content, has another text. Through symbolic links. */
const fingerprints = (paths: ReadonlyArray<string>): Effect.Effect<string> =>
  Effect.promise(async () => {
    const parts = await Promise.all(
      paths.map((path) =>
        stat(path).then(
          ({ dev, ino, size, mtimeMs, ctimeMs }) => [dev, ino, size, mtimeMs, ctimeMs].join(" "),
          () => "missing"
        )
      )
    )
    return parts.join("\n")
  })
