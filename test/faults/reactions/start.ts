/**
 * What a world with rules has besides the others: the targets, the file of the rules, a Redis of its own if required, and a
 * watch over the ledger. Lives from `startReactions` until `close`.
 */
import { renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { privateRedis, type RedisServer } from "../../support/redis.ts"
import type { Environment } from "../../support/spoor.ts"
import { type Requirements, standardActors } from "../requirements.ts"
import { type LedgerWatch, watchLedger } from "./ledger-watch.ts"
import { type ReactionsNeed, variableOf, type WorldRule } from "./rules.ts"
import { startTarget, type Target } from "./target.ts"

/** The reactions of a world before its actors start. */
interface StartedReactions {
  readonly targets: ReadonlyArray<Target>
  readonly target: (name: string) => Target
  readonly rules: ReadonlyArray<WorldRule>
  /** Undefined when the reactions are in the Redis of the queue. */
  readonly redis: RedisServer | undefined
  /** Replaces the file of the rules by a rename, as an editor does; the text may be no rules at all. */
  readonly replaceFile: (text: string) => void
  readonly settings: Environment
  readonly settingsOf: (actor: string) => Environment
  readonly close: () => Promise<void>
}

export interface Reactions extends StartedReactions {
  readonly watch: LedgerWatch
}

/** The actors that use the store of the reactions. */
const users = ["reactor", "deliverer", "viewer"]

/** The text of a file with these rules. */
export const textOfRules = (rules: ReadonlyArray<WorldRule>): string =>
  JSON.stringify({ rules: rules.map(({ rule }) => rule) }, undefined, 2)

/** Returns when the targets listen, the file is written in `folder` and the Redis runs. */
export const startReactions = async (
  { targets: names, rules, hasOwnRedis = false }: ReactionsNeed,
  folder: string
): Promise<StartedReactions> => {
  const redis = hasOwnRedis ? await privateRedis([], "always") : undefined
  await redis?.start()
  const targets = await Promise.all(names.map(startTarget))
  const path = join(folder, "rules.json")
  const replaceFile = (text: string): void => {
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
  }
  replaceFile(textOfRules(rules))
  return {
    targets,
    target: (name) => {
      const found = targets.find((one) => one.name === name)
      if (found === undefined) throw new Error(`This world has no target ${name}.`)
      return found
    },
    rules,
    redis,
    replaceFile,
    settings: {
      RULES: path,
      WEBHOOK_ALLOW: "127.0.0.1",
      ...Object.fromEntries(targets.map(({ name, origin }) => [`RULES_VAR_${variableOf(name)}`, origin]))
    },
    settingsOf: (actor) =>
      redis !== undefined && users.includes(actor) ? { PROJECTIONS_URL: redis.url } : {},
    close: async () => {
      await Promise.all(targets.map((target) => target.close()))
      await redis?.remove()
    }
  }
}

/** Begins to watch the ledger; `settings` are those of the world. */
export const watched = (started: StartedReactions, settings: Environment): Reactions => {
  const watch = watchLedger({ ...settings, ...started.settingsOf("deliverer") })
  return {
    ...started,
    watch,
    close: async () => {
      await watch.close()
      await started.close()
    }
  }
}

/** How long a deliverer that does not renew a lease keeps it, and how long a call may take, in the worlds of these cases. */
export const leaseMs = 4_000
export const callTimeoutMs = 1_000

/** The way to the log, without the consumers that count events: other cases are about them. */
const { "event-counter": _, "metadata-counter": __, ...pipeline } = standardActors

/** Requirements with a reactor and a deliverer, unless `actors` says how many. */
export const withReactions = (
  need: ReactionsNeed,
  { actors, settings, ...more }: Requirements = {}
): Requirements => ({
  ...more,
  reactions: need,
  actors: { ...pipeline, reactor: 1, deliverer: 1, ...actors },
  settings: { DELIVER_LEASE: `${leaseMs}ms`, DELIVER_TIMEOUT: `${callTimeoutMs}ms`, ...settings }
})

/** The reactions of a world that has them. */
export const reactionsOf = ({ reactions }: { readonly reactions: Reactions | undefined }): Reactions => {
  if (reactions === undefined) throw new Error("This world has no reactions: name them in its requirements.")
  return reactions
}
