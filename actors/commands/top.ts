/**
 * The command `top`: shows the whole system in the terminal every second until a signal, or once. With NATS_URL it polls
 * the actors and the queues, else the viewer.
 */
import { Effect, Redacted } from "effect"
import { Command } from "effect/cli"
import { natsUrl } from "../../bridge/settings.ts"
import { Failure } from "../../contracts/failure.ts"
import type { SystemView } from "../inspect/pipeline/system-view.ts"
import { ingestQueue, messageBus } from "../runtime/dependencies.ts"
import { inertText } from "../runtime/escape-controls.ts"
import { listenForSignals } from "../runtime/signals.ts"
import { inertJson } from "../tap/inert-json.ts"
import { type Colours, colours, wantsColours } from "./colours.ts"
import { switchFlag } from "./command-line/flags.ts"
import { print, printError } from "./command-line/print.ts"
import { handler } from "./command-line/run.ts"
import { runCommand } from "./run-command.ts"
import { fromNats, fromViewer, type ReadSystem } from "./top/sources.ts"
import { type Line, topLines } from "./top/text.ts"
import { askViewerSettings } from "./viewer-client.ts"

const refreshIntervalMs = 1_000

/** With --once: the number of readings, one second apart; enough to distinguish a stalled stage from an idle one. */
const readingsOnce = 7

type Show = (view: SystemView) => Effect.Effect<void>

const top = Effect.fnUntraced(function* (once: boolean, json: boolean) {
  const signalled = yield* listenForSignals
  const url = yield* natsUrl.config
  const hasNats = url !== undefined && Redacted.value(url).trim() !== ""
  const readSystem = yield* hasNats ? fromNats : fromViewer
  const show: Show = (view) => print(json ? inertJson(view) : screen(view, once))
  const shown = once ? showOnce(readSystem, show) : Effect.forever(showNow(readSystem, show))
  return yield* Effect.raceFirst(shown, Effect.as(signalled, 0))
})

const showOnce = Effect.fnUntraced(function* (readSystem: ReadSystem, show: Show) {
  let view = yield* readSystem
  for (let remaining = readingsOnce - 1; remaining > 0; remaining--) {
    yield* Effect.sleep(refreshIntervalMs)
    view = yield* readSystem
  }
  yield* show(view)
  return view.condition === "flows" || view.condition === "idle" ? 0 : 1
})

/** Shows one reading and waits. A transient error, such as an unreachable viewer, is printed; settings errors fail. */
const showNow = Effect.fnUntraced(function* (readSystem: ReadSystem, show: Show) {
  yield* readSystem.pipe(
    Effect.flatMap(show),
    Effect.catchIf(
      (failure) => failure instanceof Failure && failure.retry,
      ({ message }) => printError(`top: ${inertText(message)}`)
    )
  )
  yield* Effect.sleep(refreshIntervalMs)
})

/** One reading as text; on a terminal it overwrites the reading before. */
const screen = (view: SystemView, once: boolean): string => {
  const { stdout } = process
  const paint = colours(wantsColours(stdout, process.env))
  const isRedrawn = stdout.isTTY === true && !once
  const size = isRedrawn
    ? { rows: Math.max(1, stdout.rows - 1), columns: stdout.columns }
    : { rows: undefined, columns: undefined }
  const lines = topLines(view, size).map((line) => painted(line, paint))
  return isRedrawn ? `${home}${lines.join(`${endOfLine}\n`)}${endOfScreen}` : `${lines.join("\n")}\n`
}

/** Control sequences: to the first cell, erase to the end of the line, to the end of the screen. */
const home = "\u001b[H"
const endOfLine = "\u001b[K"
const endOfScreen = "\u001b[K\u001b[J"

const painted = ({ text, style }: Line, { bold, red, dim }: Colours): string => {
  if (style === "title") return bold(text)
  if (style === "bad") return red(text)
  return style === "quiet" ? dim(text) : text
}

await runCommand(
  Command.make(
    "top",
    {
      once: switchFlag(
        "once",
        "Observe for six seconds, to distinguish a stalled stage from an idle one; then print once"
      ),
      json: switchFlag(
        "json",
        "Print one line of JSON each time, in the form of the viewer's GET /api/system"
      )
    },
    handler(({ once, json }) => top(once, json))
  ).pipe(
    Command.withDescription(
      `Shows the whole system every second: each stage with its state, events per second, failures, messages in flight,
processing time and age of events; the lines in the queue; the lag of consumers; each instance; and the services that they
use. With NATS_URL it polls the actors, and the queues when REDIS_URL is set; else the viewer.
Colours only on a terminal, and not with NO_COLOR.
Exit code 0 at a signal; with --once 0 when everything is flowing or idle, else 1.`
    )
  ),
  [...messageBus.settings, ...ingestQueue.settings, ...askViewerSettings]
)
