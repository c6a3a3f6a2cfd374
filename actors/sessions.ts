/** Sessions: the events of a device without a silence of SESSION_GAP between them. A record for each session that ended. */
import { Config, Duration, Schema } from "effect"
import { setting } from "../contracts/setting.ts"
import { duration } from "../contracts/setting-readers.ts"
import { type KeyedHandlers, keyed } from "./keyed/keyed.ts"
import { Session, withEvent } from "./sessions/session.ts"

const param = setting(
  "SESSION_PARAM",
  Config.String,
  "deviceid",
  "The parameter by which the actor sessions groups events."
)
const gap = setting(
  "SESSION_GAP",
  duration("minutes", 1),
  Duration.minutes(30),
  "The silence that ends a session, by the times at which the log stored the events.",
  "30m"
)
const topic = setting("SESSION_TOPIC", Config.String, "sessions", "The topic for the records of sessions.")

/** The rules of sessions: `param` names the key in the record of a session, `gapMs` is the silence that ends one. */
export const sessionRules = (param: string, gapMs: number): KeyedHandlers<ReadonlyArray<Session>> => {
  /** Sessions that may still grow, and when the first of them cannot any more. */
  const open = (sessions: ReadonlyArray<Session>) =>
    sessions.length === 0
      ? { state: undefined, timers: { end: undefined } }
      : { state: sessions, timers: { end: Math.min(...sessions.map(({ last }) => last)) + gapMs + 1 } }
  return {
    onEvent: (event, { state = [] }) => open(withEvent(state, event, gapMs)),
    onTimer: (_, { key, state = [], now }) => ({
      ...open(state.filter(({ last }) => last + gapMs >= now)),
      emit: state
        .filter(({ last }) => last + gapMs < now)
        .map(({ start, end, events, entry, exit }) => ({
          type: "session",
          params: { [param]: key, start, end, duration: end - start, events, entry, exit }
        }))
    })
  }
}

export const Sessions = keyed({
  name: "sessions",
  summary: "Groups the events of each device into sessions, which a silence ends. Runs only when named.",
  ...{ param, emits: topic, settings: { param, gap }, state: Schema.Array(Session) },
  handlers: (values) => sessionRules(values.param, Duration.toMillis(values.gap))
})
