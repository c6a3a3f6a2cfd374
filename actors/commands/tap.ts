/**
 * The command `tap`: shows events in the terminal as they pass one stage. Each event is copied at most once; it reports
 * how many copies were dropped. Runs until a signal, or until --limit events are shown.
 */
import { Effect, Redacted, Stream } from "effect"
import { Command } from "effect/cli"
import { messageBusSettings } from "../../bridge/message-bus/layer.ts"
import { natsUrl } from "../../bridge/settings.ts"
import { viewerMask } from "../inspect/viewer-settings.ts"
import { listenForSignals } from "../runtime/signals.ts"
import { inertJson } from "../tap/inert-json.ts"
import { colours, wantsColours } from "./colours.ts"
import { print, printError } from "./command-line/print.ts"
import { handler } from "./command-line/run.ts"
import { runCommand } from "./run-command.ts"
import { dropReport } from "./tap/drop-report.ts"
import { matchReport } from "./tap/match-report.ts"
import { type TapRequest, tapOptions, tapRequest } from "./tap/options.ts"
import { fromNats, fromViewer } from "./tap/sources.ts"
import { tapLine } from "./tap/text.ts"
import { askViewerSettings } from "./viewer-client.ts"

const follow = Effect.fnUntraced(function* (request: TapRequest) {
  const signalled = yield* listenForSignals
  const url = yield* natsUrl.config
  const hasNats = url !== undefined && Redacted.value(url).trim() !== ""
  const { notes, events } = yield* hasNats ? fromNats(request) : fromViewer(request)
  for (const note of notes) yield* printError(`tap: ${note}`)
  const paint = colours(!request.json && wantsColours(process.stdout, process.env))
  const drops = dropReport(request.stage)
  const matches = matchReport(request.isFiltered)
  let remaining = request.limit ?? Number.POSITIVE_INFINITY

  const shown = Stream.runForEachWhile(events, (batch) =>
    Effect.gen(function* () {
      yield* drops.add(batch)
      yield* matches.add(batch)
      const shownEvents = batch.events.slice(0, remaining)
      remaining -= shownEvents.length
      const lines = shownEvents.map((event) => (request.json ? inertJson(event) : tapLine(event, paint)))
      if (lines.length > 0) yield* print(lines.join("\n"))
      return remaining > 0
    })
  )
  yield* Effect.raceFirst(shown, Effect.asVoid(signalled))
  yield* drops.flush
  yield* matches.flush
  return 0
})

const description = `Shows events while they pass a stage. With NATS_URL they come from NATS, else from the viewer.
Events are copied only while a tap or a page shows them, which never slows the pipeline: events over the copy limit are
dropped, and their number is printed on standard error. While nothing matches, the number of events that passed is printed
("12 events seen, 0 match").

Conditions of --where, in any case; %26 stands for an & in a value:
  name         the event has this parameter
  name=value   its value is this
  name~part    its value contains this
country, device and address are those of the event: country=de, device=phone, address~10.0.; a parameter of that name is
written param.country.

Without --json long texts are shortened, and invisible characters are shown as \\xNN. Colours only on a terminal, and not
with NO_COLOR.
Exit code 0 at a signal or the limit, else 1.`

await runCommand(
  Command.make(
    "tap",
    tapOptions,
    handler((input) => follow(tapRequest(input)))
  ).pipe(
    Command.withDescription(description),
    Command.withExamples([
      { command: "tap stored --type app_open --where 'deviceid=abcdf&referrer~web' --json" }
    ])
  ),
  [...messageBusSettings, ...askViewerSettings, viewerMask]
)
