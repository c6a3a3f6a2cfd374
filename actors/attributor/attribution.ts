/**
 * The rules of attribution for one key: clicks wait for installs, and each moment is decided when the clock has reached it,
 * so that the result does not depend on the order in which records arrive. Pure. README.md says the order exactly.
 */
import type {
  Emission,
  FiredTimer,
  Forward,
  KeyedEvent,
  KeyedHandlers,
  KeyedResult
} from "../keyed/definition.ts"
import type { KeptEvent } from "../keyed/kept-event.ts"
import { readKept } from "../keyed/keyed-event.ts"
import { candidateKeys, deviceKeyOf, installType, partOf } from "./candidate-keys.ts"
import { clickWindow } from "./click-window.ts"
import { conversion, conversionType } from "./conversion.ts"
import {
  byTurn,
  type Click,
  emptyState,
  fitting,
  type KeyState,
  type Waiting,
  type Winner,
  withClick,
  withWaiting
} from "./state.ts"

/** Times are milliseconds. */
export interface AttributionRules {
  /** How long before a click its window begins, and how long an install waits for a late click. */
  readonly beforeMs: number
  /** How long after a click its window ends, unless the click says it. */
  readonly windowMs: number
  /** How long a click is kept after the end of its window, for installs that other keys pass on late: 1 or more. */
  readonly keepMs: number
  /** How long the click that won a device is remembered for its later events. */
  readonly rememberMs: number
  /** The types of later events. */
  readonly later: ReadonlySet<string>
}

type Result = KeyedResult<KeyState>

export const attribution = (rules: AttributionRules): KeyedHandlers<KeyState> => ({
  onEvent: (event, { key, state = emptyState }) => {
    const part = partOf(event, event.topic, rules.later)
    if (part === "click" && event.hops > 0)
      return next({ ...state, winner: laterWinner(state.winner, event.keep(), rules) }, rules)
    if (part === "click") return withNewClick(state, event, rules)
    if (part === "install") return withInstall(state, event, key, rules)
    return part === "later" ? laterEvent(state, event, rules) : {}
  },
  onTimer: (timer, { key, state = emptyState }) => decided(state, timer, key, rules)
})

/** The state, and the timers for its next moments. */
const next = (
  state: KeyState,
  rules: AttributionRules,
  more: Omit<Result, "state" | "timers"> = {}
): Result => {
  const { clicks, waiting, winner } = state
  const ends = clicks.map((click) => forgetAt(click, rules))
  if (winner !== undefined) ends.push(winner.until)
  return {
    ...more,
    state: clicks.length + waiting.length === 0 && winner === undefined ? undefined : state,
    timers: { turn: earliest(waiting.map(({ due }) => due)), end: earliest(ends) }
  }
}

const earliest = (times: ReadonlyArray<number>): number | undefined =>
  times.length === 0 ? undefined : Math.min(...times)

/** When nothing can need the click any more: an install that other keys have passed on comes after its window's end. */
const forgetAt = ({ till }: Click, { beforeMs, keepMs }: AttributionRules): number =>
  till + 2 * beforeMs + keepMs

const withNewClick = (state: KeyState, event: KeyedEvent, rules: AttributionRules): Result => {
  const kept = fitting(event.keep())
  if (kept === undefined) return {}
  const click: Click = { event: kept, ...clickWindow(event, rules) }
  const waiting = state.waiting.map((one): Waiting => {
    const isLate = one.event.hops === 0 && isEligible(click, one.event)
    return isLate ? { ...one, due: Math.min(one.due, Math.max(one.event.at, click.event.at)) } : one
  })
  return next({ ...state, clicks: withClick(state.clicks, click), waiting }, rules)
}

const isEligible = ({ from, till }: Click, { at }: KeptEvent): boolean => from <= at && at <= till

const withInstall = (state: KeyState, event: KeyedEvent, key: string, rules: AttributionRules): Result => {
  const kept = fitting(event.keep())
  if (kept === undefined) return {}
  const { waiting, over } = withWaiting(state.waiting, { event: kept, due: firstTurn(kept, rules) })
  const forward = over.flatMap((one) => (isInstall(one.event) ? toNextKey(one.event, key) : []))
  return next({ ...state, waiting }, rules, { forward })
}

/** When an install is tried first: at its own time, and at each further key a tenth of ATTRIBUTION_BEFORE later. */
const firstTurn = ({ at, hops }: KeptEvent, { beforeMs }: AttributionRules): number =>
  hops === 0 ? at : at + beforeMs + Math.ceil((hops * beforeMs) / 10)

const toNextKey = (event: KeptEvent, key: string): ReadonlyArray<Forward> => {
  const keys = keysOf(event)
  const other = keys[keys.indexOf(key) + 1]
  return other === undefined ? [] : [{ key: other, event }]
}

const keysOf = (event: KeptEvent): ReadonlyArray<string> => {
  const read = readKept(event)
  return read === undefined ? [] : candidateKeys(read.event)
}

/** What is decided at one moment. */
interface Decision {
  clicks: ReadonlyArray<Click>
  winner: Winner | undefined
  readonly waiting: Array<Waiting>
  readonly emit: Array<Emission>
  readonly forward: Array<Forward>
}

/** Decides everything whose turn has come: installs in order, later events, and then what has ended. */
const decided = (state: KeyState, { due: now }: FiredTimer, key: string, rules: AttributionRules): Result => {
  const turns = state.waiting.filter(({ due }) => due <= now).toSorted(byTurn)
  const decision: Decision = {
    ...{ clicks: state.clicks, winner: state.winner, emit: [], forward: [] },
    waiting: state.waiting.filter(({ due }) => due > now)
  }
  for (const one of turns) if (isInstall(one.event)) decideInstall(decision, one, key, rules)
  for (const { event } of turns) if (!isInstall(event)) decision.emit.push(...wonBy(decision.winner, event))
  const { winner, emit, forward } = decision
  const kept = winner === undefined || winner.until <= now ? {} : { winner }
  const clicks = decision.clicks.filter((click) => forgetAt(click, rules) > now)
  return next({ clicks, waiting: decision.waiting.toSorted(byTurn), ...kept }, rules, { emit, forward })
}

/** The install takes the first click of its key, or waits for a later one, or goes on to its next key. */
const decideInstall = (decision: Decision, one: Waiting, key: string, rules: AttributionRules): void => {
  const { event, due } = one
  const click = decision.clicks.find((each) => each.event.at <= due && isEligible(each, event))
  if (click === undefined) {
    const later = event.hops === 0 ? nextTurn(decision.clicks, one, rules) : undefined
    if (later === undefined) decision.forward.push(...toNextKey(event, key))
    else decision.waiting.push({ event, due: later })
    return
  }
  decision.clicks = decision.clicks.filter((each) => each !== click)
  decision.emit.push(conversion(conversionType, click.event, event))
  const read = readKept(event)
  const device = read === undefined ? undefined : deviceKeyOf(read)
  const won = { ...click.event, at: event.at, hops: event.hops }
  if (device === key) decision.winner = laterWinner(decision.winner, won, rules)
  else if (device !== undefined) decision.forward.push({ key: device, event: won })
}

/** When an install that has found no click is tried again here; undefined when its wait is over. */
const nextTurn = (
  clicks: ReadonlyArray<Click>,
  { event, due }: Waiting,
  { beforeMs }: AttributionRules
): number | undefined => {
  const last = event.at + beforeMs
  if (due >= last) return undefined
  const coming = clicks.filter((click) => click.event.at > due && isEligible(click, event))
  return Math.min(last, ...coming.map((click) => click.event.at))
}

/** Whose the device is now; `click` won it at its `at`. The last click counts. */
const laterWinner = (
  winner: Winner | undefined,
  click: KeptEvent,
  { rememberMs }: AttributionRules
): Winner =>
  winner !== undefined && winner.since > click.at
    ? winner
    : { click, since: click.at, until: click.at + rememberMs }

/**
 * A later event of a device that a click has won becomes a conversion of its own type. While an install of the device is
 * undecided, the event waits for the clock to reach its time.
 */
const laterEvent = (state: KeyState, event: KeyedEvent, rules: AttributionRules): Result => {
  const kept = fitting(event.keep())
  if (kept === undefined) return {}
  const emit = wonBy(state.winner, kept)
  if (emit.length > 0) return { emit }
  if (!state.waiting.some((one) => isInstall(one.event))) return {}
  const { waiting } = withWaiting(state.waiting, { event: kept, due: kept.at })
  return next({ ...state, waiting }, rules)
}

const wonBy = (winner: Winner | undefined, event: KeptEvent): ReadonlyArray<Emission> =>
  winner === undefined || event.at < winner.since || event.at > winner.until
    ? []
    : [conversion(readKept(event)?.type ?? "", winner.click, event)]

const isInstall = (event: KeptEvent): boolean => readKept(event)?.type === installType
