/**
 * The command `top`: the whole system in the terminal, each second anew, until a signal; or once. It only looks. With
 * NATS_URL it asks the actors and the queues itself, else the viewer.
 */
import { parseArgs } from "node:util"
import { Effect, Redacted } from "effect"
import { natsUrl } from "../../bridge/settings.ts"
import { Failure } from "../../contracts/failure.ts"
import type { SystemView } from "../inspect/pipeline/system-view.ts"
import { ingestQueue, messageBus } from "../runtime/dependencies.ts"
import { inertText } from "../runtime/escape-controls.ts"
import { listenForSignals } from "../runtime/signals.ts"
import { inertJson } from "../tap/inert-json.ts"
import { type Colours, colours, wantsColours } from "./colours.ts"
import { note, runCommand, say, WrongUse } from "./run-command.ts"
import { fromNats, fromViewer, type Look } from "./top/sources.ts"
import { type Line, topLines } from "./top/text.ts"
import { askViewerSettings } from "./viewer-client.ts"

const usage = `usage: top [--once] [--json]

Shows what runs and what flows: each stage with its state, events a second, what failed, how much is under way, how long
it takes and how old the events are; what waits in the queue; how far consumers are behind; each instance; and the
systems behind them. Each second anew on a terminal, else one after another. With NATS_URL it asks the actors itself, and
the queues when REDIS_URL is set; else the viewer.
  --once   looks for six seconds, long enough to tell what stands still from a pause, and shows that
  --json   one line of JSON each time, as GET /api/system of the viewer gives it
Colours only on a terminal, and not with NO_COLOR.
Exit code 0 at a signal; with --once 0 when everything flows or there is nothing to do, else 1.`

/** How often it is looked, milliseconds; and for how long with --once. */
const every = 1_000
const onceLooks = 7

const top = Effect.fnUntraced(function* (once: boolean, asJson: boolean) {
  const signalled = yield* listenForSignals
  const url = yield* natsUrl.config
  const hasNats = url !== undefined && Redacted.value(url).trim() !== ""
  const look = yield* hasNats ? fromNats : fromViewer
  const show = (view: SystemView): Effect.Effect<void> => say(asJson ? inertJson(view) : screen(view, once))
  const shown = once ? showOnce(look, show) : Effect.forever(showNow(look, show))
  return yield* Effect.raceFirst(shown, Effect.as(signalled, 0))
})

const showOnce = Effect.fnUntraced(function* (look: Look, show: (view: SystemView) => Effect.Effect<void>) {
  let view = yield* look
  for (let more = onceLooks - 1; more > 0; more--) {
    yield* Effect.sleep(every)
    view = yield* look
  }
  yield* show(view)
  return view.condition === "flows" || view.condition === "idle" ? 0 : 1
})

/** One look, and the pause behind it. That the viewer is away is said, and waited for, unless its settings are wrong. */
const showNow = Effect.fnUntraced(function* (look: Look, show: (view: SystemView) => Effect.Effect<void>) {
  yield* look.pipe(
    Effect.flatMap(show),
    Effect.catchIf(
      (failure) => failure instanceof Failure && failure.retry,
      ({ message }) => note(`top: ${inertText(message)}`)
    )
  )
  yield* Effect.sleep(every)
})

/** The text of a look; on a terminal it takes the place of the one before. */
const screen = (view: SystemView, once: boolean): string => {
  const { stdout } = process
  const paint = colours(wantsColours(stdout, process.env))
  const isRedrawn = stdout.isTTY === true && !once
  const room = isRedrawn
    ? { rows: Math.max(1, stdout.rows - 1), columns: stdout.columns }
    : { rows: undefined, columns: undefined }
  const lines = topLines(view, room).map((line) => painted(line, paint))
  return isRedrawn ? `${home}${lines.join(`${endOfLine}\n`)}${endOfScreen}` : `${lines.join("\n")}\n`
}

/** Of a terminal: to its beginning, delete to the end of the line, of the screen. */
const home = "\u001b[H"
const endOfLine = "\u001b[K"
const endOfScreen = "\u001b[K\u001b[J"

const painted = ({ text, look }: Line, { bold, red, dim }: Colours): string => {
  if (look === "title") return bold(text)
  if (look === "bad") return red(text)
  return look === "quiet" ? dim(text) : text
}

await runCommand({
  usage,
  settings: [...messageBus.settings, ...ingestQueue.settings, ...askViewerSettings],
  read: () => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        once: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h" }
      }
    })
    if (values.help === true) return "help"
    if (positionals.length > 0) throw new WrongUse(`top has no "${positionals[0]}"`)
    return top(values.once, values.json)
  }
})
