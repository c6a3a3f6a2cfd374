/** The command `rules`: checks a rules file, or shows what its rules would send for events, without sending anything. */
import { Context, Effect, Layer, Result } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { EventLog } from "../../bridge/event-log/service.ts"
import { kafkaKeyParam } from "../../bridge/settings.ts"
import { Failure } from "../../contracts/failure.ts"
import { readMask } from "../inspect/events/mask.ts"
import { counted } from "../inspect/plain-text.ts"
import { viewerMask } from "../inspect/viewer-settings.ts"
import { readReactTopics } from "../reactor/topics.ts"
import { namedVariables } from "../rules/check-rule.ts"
import { messageOf } from "../rules/problem.ts"
import { readRules } from "../rules/read-rules.ts"
import { makeRenderer } from "../rules/render.ts"
import { compileRules } from "../rules/rule-set.ts"
import { readRulesText } from "../rules/rules-in-use.ts"
import { reactTopics, renderSettings } from "../rules/settings.ts"
import { isVariableSet, readRuleVariables } from "../rules/variables.ts"
import { eventLog, geoIp } from "../runtime/dependencies.ts"
import { inertJson } from "../tap/inert-json.ts"
import { topicSettings } from "../transform/topics.ts"
import { colours, wantsColours } from "./colours.ts"
import { countFlag, misuse, switchFlag, textFlag } from "./command-line/flags.ts"
import { print, printError } from "./command-line/print.ts"
import { handler } from "./command-line/run.ts"
import { timeFlag } from "./command-line/time-flag.ts"
import { sampleOfEvent, sampleOfLine } from "./rules/samples.ts"
import { matchesText, triedText } from "./rules/text.ts"
import { collectMatches, type Matches, type Tried, tryRule } from "./rules/try.ts"
import { runCommand } from "./run-command.ts"

const file = Argument.String("file").pipe(
  Argument.withMetavar("<file>"),
  Argument.withDescription("The rules file, YAML or JSON")
)

/** The rules of the file; undefined, with a line for each problem, when not all can be used. */
const readFileOf = Effect.fnUntraced(function* (path: string) {
  const text = yield* Effect.result(
    Effect.tryPromise({ try: () => readRulesText(path), catch: (error) => messageOf(error) })
  )
  if (Result.isFailure(text)) {
    yield* printError(`rules: ${path} cannot be read: ${text.failure}.`)
    return undefined
  }
  const variables = yield* readRuleVariables()
  const renderer = makeRenderer(variables)
  const { rules, problems } = readRules(text.success, renderer)
  for (const { sentence } of problems) yield* printError(`${path}: ${sentence}`)
  const unset = [...namedVariables(rules)].filter((name) => !isVariableSet(name, variables)).toSorted()
  if (unset.length > 0) yield* printError(`Not set here, and renders empty: ${unset.join(", ")}.`)
  return problems.length === 0 ? { renderer, rules } : undefined
})

const check = Command.make(
  "check",
  { file },
  handler(
    Effect.fnUntraced(function* ({ file: path }) {
      const read = yield* readFileOf(path)
      if (read === undefined) return 1
      const { rules } = read
      const off = rules.filter(({ on }) => on === false).length
      yield* print(
        `${path}: ${counted(rules.length, "rule")}, all valid${off === 0 ? "" : `; ${off} turned off`}.`
      )
      return 0
    })
  )
).pipe(
  Command.withShortDescription("Check a rules file"),
  Command.withDescription(
    "Checks a rules file: each problem is one line with its rule, field and line. Exit code 0 when all rules are valid, else 1."
  ),
  Command.withExamples([{ command: "rules check rules.yaml" }])
)

const tryOptions = {
  file,
  event: textFlag("event", "<id>", "The event of the log with this id"),
  line: textFlag("line", "<line>", "A line as a tracker pushes it, or its path and query: bud?owner=anna"),
  since: timeFlag(
    "since",
    "All events of the log since a time: 2026-11-20T18:00 (UTC), or an age: 30s, 10m, 2h, 7d"
  ),
  rule: textFlag("rule", "<name>", "Only this rule, also if it is turned off"),
  limit: countFlag("limit", "With --since: show at most this many matches").pipe(Flag.withDefault(20)),
  json: switchFlag("json", "Print each rule and event as one line of JSON")
}

type TryInput = Command.Command.Config.Infer<typeof tryOptions>

const withLog = <A, E, R>(use: (log: EventLog["Service"]) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(Layer.build(eventLog.layer), (context) => use(Context.get(context, EventLog)))

const tryRules = Effect.fnUntraced(function* ({
  file: path,
  event,
  line,
  since,
  rule,
  limit,
  json
}: TryInput) {
  const read = yield* readFileOf(path)
  if (read === undefined) return 1
  const { rules: all, renderer } = read
  const rules = all.filter(({ name }) => rule === undefined || name === rule)
  if (rule !== undefined && rules.length === 0) {
    yield* printError(
      `rules: ${path} has no rule "${rule}": it has ${all.map(({ name }) => name).join(", ")}.`
    )
    return 1
  }
  const mask = readMask(yield* viewerMask.config)
  const paint = colours(!json && wantsColours(process.stdout, process.env))
  const show = (tried: Tried, namesEvent = false) =>
    print(json ? inertJson({ event: tried.event, ...tried.preview }) : triedText(tried, paint, namesEvent))
  const { all: topics, more } = yield* readReactTopics
  if (since === undefined) {
    const sample =
      line === undefined
        ? withLog(({ scan }) => sampleOfEvent(event ?? "", scan, [...topics, ...more]))
        : sampleOfLine(line).pipe(Effect.provide(geoIp.layer))
    const found = yield* Effect.result(sample)
    if (Result.isFailure(found)) {
      if (!(found.failure instanceof Failure) || found.failure.reason !== "unreadable")
        return yield* Effect.fail(found.failure)
      yield* printError(`rules: ${found.failure.message}`)
      return 1
    }
    for (const one of rules) yield* show(tryRule(one, found.success, renderer, mask))
    return 0
  }
  const tried = rule === undefined ? rules : rules.map((one) => ({ ...one, on: true }))
  const matches = collectMatches(compileRules(tried, renderer), renderer, mask, limit)
  yield* withLog(({ scan }) =>
    scan({ topics: [...topics, ...more], since }, ({ topic, records }) => {
      for (const record of records) if (record.timestamp >= since) matches.add(topic, record)
      return false
    })
  )
  const found: Matches = matches.result()
  for (const one of found.first) yield* show(one, true)
  if (!json) yield* print(matchesText(found))
  return 0
})

const tryCommand = Command.make("try", tryOptions, handler(tryRules)).pipe(
  Command.validate(({ event, line, since }) =>
    [event, line, since].filter((one) => one !== undefined).length === 1
      ? Effect.void
      : misuse("try needs one of --event, --line and --since")
  ),
  Command.withShortDescription("Show what rules would send"),
  Command.withDescription(
    `Shows what the rules of a file would send for one event, or for all since a time, and why the others do not match.
Nothing is sent, and no limit of how often a rule may match is counted. Secrets, and the fields of VIEWER_MASK, are shown
as •••. A call that reads the answer of an earlier one is shown with that answer empty.
Exit code 0 when it could be tried, else 1.`
  ),
  Command.withExamples([
    { command: "rules try rules.yaml --line 'bud?owner=anna'" },
    { command: "rules try rules.yaml --since 1h --rule notify-searchers" }
  ])
)

await runCommand(
  Command.make("rules").pipe(
    Command.withDescription("Checks rules, and shows what they would send, without sending anything."),
    Command.withSubcommands([check, tryCommand])
  ),
  [
    ...[...topicSettings, reactTopics, ...renderSettings, viewerMask, kafkaKeyParam],
    ...eventLog.settings,
    ...geoIp.settings
  ]
)
