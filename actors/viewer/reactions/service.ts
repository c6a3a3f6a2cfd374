/**
 * The reactions for the pages: rules with their figures, targets and last calls, and the commands about them. Lives as long
 * as the viewer.
 */
import { Effect, Semaphore } from "effect"
import { EventLog } from "../../../bridge/event-log/service.ts"
import { IngestQueue } from "../../../bridge/ingest-queue/service.ts"
import { ReactionStore } from "../../../bridge/reaction-store/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import type { TargetName } from "../../../contracts/reactions/delivery.ts"
import { makeDryRun } from "../../inspect/dead-letters/dry-run.ts"
import { readMask } from "../../inspect/events/mask.ts"
import { viewerMask } from "../../inspect/viewer-settings.ts"
import { yamlOf } from "../../rules/yaml.ts"
import { readTopics } from "../../transform/topics.ts"
import { callView } from "./call-view.ts"
import { makeChanges } from "./changes.ts"
import type { PutCommand, TryCommand } from "./commands.ts"
import { makeKnownRules } from "./known-rules.ts"
import type { CallsView, ReactionsView, RuleText, TargetsView, TryView } from "./messages.ts"
import { makeReadReactions } from "./read-reactions.ts"
import { makeTry } from "./try-command.ts"

/** All reject with `Failure`: "unreadable" with a sentence for people when a command cannot be carried out. */
export interface ReactionService {
  readonly list: () => Promise<ReactionsView>
  /** Undefined when there is no such rule. */
  readonly ruleText: (name: string) => Promise<RuleText | undefined>
  readonly targets: () => Promise<TargetsView>
  readonly calls: (
    of: { readonly rule: string | undefined; readonly target: string | undefined },
    limit: number
  ) => Promise<CallsView>
  /** Creates or replaces a rule of the API. */
  readonly put: (
    command: PutCommand
  ) => Promise<{ readonly name: string; readonly outcome: "created" | "replaced" }>
  readonly remove: (name: string) => Promise<void>
  readonly turn: (name: string, on: boolean) => Promise<void>
  /** `signal` cancels a search for the event. */
  readonly try: (command: TryCommand, signal: AbortSignal) => Promise<TryView>
  readonly pause: (target: string) => Promise<void>
  readonly resume: (target: string) => Promise<void>
  readonly enable: (target: string, rule: string) => Promise<void>
}

/** Targets in an answer at most. */
const maxTargets = 500

const maskedRules =
  "Rules cannot be made or changed here while VIEWER_MASK hides parts of events: a rule could send them elsewhere. Use the file RULES."

export const makeReactionService = Effect.gen(function* () {
  const store = yield* ReactionStore
  const { sources } = yield* IngestQueue
  const { scan } = yield* EventLog
  const topics = yield* readTopics
  const mask = readMask(yield* viewerMask.config)
  const known = yield* makeKnownRules(store)
  const readOnly = mask.isOn ? maskedRules : null
  const list = yield* makeReadReactions(store, known, readOnly)
  const changes = makeChanges(store, known, readOnly)
  const tryRules = makeTry(known, mask, {
    sources,
    scan,
    topics,
    dryRun: yield* makeDryRun(topics),
    searches: yield* Semaphore.make(2)
  })
  const run = Effect.runPromiseWith(yield* Effect.context<never>())

  const targets = Effect.map(
    store.targets(maxTargets + 1),
    (found): Omit<TargetsView, "at"> => ({
      targets: found.slice(0, maxTargets),
      isCut: found.length > maxTargets
    })
  )

  const calls = (
    { rule, target }: { readonly rule: string | undefined; readonly target: string | undefined },
    limit: number
  ): Effect.Effect<CallsView, Failure> =>
    Effect.map(
      store.calls(
        {
          ...(rule === undefined ? {} : { rule }),
          ...(target === undefined ? {} : { target: target as TargetName })
        },
        limit
      ),
      (found) => ({ calls: found.map((call) => callView(call, mask)), isMasked: mask.isOn })
    )

  const service: ReactionService = {
    list: () => run(list),
    ruleText: (name) =>
      run(
        Effect.map(known, ({ rules }) => {
          const found = rules.find((one) => one.name === name)
          if (found?.rule === undefined) return undefined
          return { name, source: found.source, text: yamlOf(found.rule) }
        })
      ),
    targets: async () => ({ at: Date.now(), ...(await run(targets)) }),
    calls: (of, limit) => run(calls(of, limit)),
    put: (command) => run(changes.put(command)),
    remove: (name) => run(changes.remove(name)),
    turn: (name, on) => run(changes.turn(name, on)),
    try: (command, signal) => run(tryRules(command), { signal }),
    pause: (target) => run(changes.pause(target)),
    resume: (target) => run(changes.resume(target)),
    enable: (target, rule) => run(changes.enable(target, rule))
  }
  return service
})
