/**
 * The command `tap`: shows events as they pass one stage, in the terminal. It only looks, at most once; what is too much
 * is left out and said. Goes on until a signal, or until it has shown as many as it was asked for.
 */
import { Effect, Redacted, Stream } from "effect"
import { messageBusSettings } from "../../bridge/message-bus/layer.ts"
import { natsUrl } from "../../bridge/settings.ts"
import { viewerMask } from "../inspect/viewer-settings.ts"
import { listenForSignals } from "../runtime/signals.ts"
import { inertJson } from "../tap/inert-json.ts"
import { colours, wantsColours } from "./colours.ts"
import { note, runCommand, say } from "./run-command.ts"
import { leftOutNotes } from "./tap/drop-report.ts"
import { matchedNotes } from "./tap/match-report.ts"
import { readTapping, type Tapping } from "./tap/options.ts"
import { fromNats, fromViewer } from "./tap/sources.ts"
import { tapLine } from "./tap/text.ts"
import { askViewerSettings } from "./viewer-client.ts"

const usage = `usage: tap raw|enriched|stored|rejected [--topic T] [--type X] [--where CONDITIONS] [--text X] [--limit N] [--json]

Shows events while they pass: raw (lines as they were claimed), enriched (finished records), stored (records that Kafka
has confirmed) or rejected (lines that were set aside, and why). With NATS_URL they come from NATS, else from the
viewer. Nothing is copied while nobody looks, and looking never slows the work: what is too much is left out, and how
many that were is said beside the output. While nothing matches, it says how many events passed ("12 events seen, 0
match").
  --topic T    of this topic
  --type X     the event's type contains X; =X: it is X
  --where C    conditions, all of which must hold, joined by &; upper and lower case are the same
                 name         it has that parameter
                 name=value   and its value is that
                 name~part    and its value contains that
               country, device and address are what Spoor knows of the event: country=de, device=phone,
               address~10.0.; a parameter that is named so is written param.country. %26 is an & that is meant.
  --text X     X stands anywhere in the line or record, or is the event's id
  --limit N    end when N events were shown
  --json       one line of JSON for each event, whole; as the tap actor publishes it
Times are UTC, with --local those of this machine. Without --json long texts are shortened, and whatever cannot be seen stands as \\xNN. Colours only on a
terminal, and not with NO_COLOR.
Exit code 0 at a signal or the limit, else 1.`

const follow = Effect.fnUntraced(function* (asked: Tapping) {
  const signalled = yield* listenForSignals
  const url = yield* natsUrl.config
  const hasNats = url !== undefined && Redacted.value(url).trim() !== ""
  const { says, events } = yield* hasNats ? fromNats(asked) : fromViewer(asked)
  for (const sentence of says) yield* note(`tap: ${sentence}`)
  const paint = colours(!asked.asJson && wantsColours(process.stdout, process.env))
  const leftOut = leftOutNotes(asked.stage)
  const matched = matchedNotes(asked.isFiltered)
  let open = asked.limit ?? Number.POSITIVE_INFINITY

  const shown = Stream.runForEachWhile(events, (tapped) =>
    Effect.gen(function* () {
      yield* leftOut.add(tapped)
      yield* matched.add(tapped)
      const now = tapped.events.slice(0, open)
      open -= now.length
      const lines = now.map((event) => (asked.asJson ? inertJson(event) : tapLine(event, paint)))
      if (lines.length > 0) yield* say(lines.join("\n"))
      return open > 0
    })
  )
  yield* Effect.raceFirst(shown, Effect.asVoid(signalled))
  yield* leftOut.rest
  yield* matched.rest
  return 0
})

await runCommand({
  usage,
  settings: [...messageBusSettings, ...askViewerSettings, viewerMask],
  read: () => {
    const asked = readTapping(process.argv.slice(2))
    return asked === "help" ? "help" : follow(asked)
  }
})
