/**
 * A keyed actor whose result shows every order of events and timers, and the simple sequential model of it: one process
 * that never fails, and handles the records one after the other.
 */
import { Schema } from "effect"
import type { Behaviour } from "../../../actors/keyed/compute.ts"
import type { KeyedHandlers } from "../../../actors/keyed/definition.ts"
import { stateCodec } from "../../../actors/keyed/states.ts"
import type { Topic } from "../../../contracts/ids.ts"

/** What an event does. `after`: when the timer is due, relative to the event, milliseconds. */
export type Action =
  | { readonly does: "count" | "emit" | "forget" | "throw" }
  | { readonly does: "start" | "stop"; readonly timer: string; readonly after: number }

/** `trace`: everything that happened to the key. */
const State = Schema.Struct({ trace: Schema.String })
type State = typeof State.Type

const then = (state: State | undefined, what: string): State => ({ trace: `${state?.trace ?? ""} ${what}` })

export const handlers: KeyedHandlers<State> = {
  onEvent: (event, { key, state }) => {
    const does = event.param("does")
    const state_ = then(state, `${event.param("n")}`)
    if (does === "throw") throw new Error("a poison event")
    if (does === "forget") return { state: undefined }
    if (does === "emit")
      return { state: state_, emit: [{ type: "seen", params: { key, trace: state_.trace } }] }
    const timer = event.param("timer") ?? ""
    if (does === "start")
      return { state: state_, timers: { [timer]: event.at + Number(event.param("after")) } }
    return does === "stop" ? { state: state_, timers: { [timer]: undefined } } : { state: state_ }
  },
  // A timer with an odd time starts itself once more; the name says which one fired.
  onTimer: ({ name, due }, { key, state }) => {
    const after = then(state, `${name}@${due}`)
    return {
      state: after,
      timers: due % 2 === 1 ? { [name]: due + 7 } : {},
      emit: [{ type: "fired", params: { key, trace: after.trace } }]
    }
  }
}

export const behaviour: Behaviour<State> = {
  handlers,
  codec: stateCodec(State),
  topics: undefined,
  emits: "results" as Topic
}

export interface ModelEvent {
  /** Undefined for a record without an id: only its offset tells that it was handled. */
  readonly id: string | undefined
  readonly key: string
  readonly at: number
  readonly n: number
  readonly action: Action
}

/** The states and, by key, the emitted traces that must result. `clock`: where time ends. */
export const model = (events: ReadonlyArray<ModelEvent>, clock: number) => {
  const states = new Map<string, string>()
  const emitted: Array<string> = []
  const timers = new Map<string, { key: string; name: string; due: number }>()
  const seen = new Set<string>()
  const trace = (key: string, what: string): string => {
    const text = `${states.get(key) ?? ""} ${what}`
    states.set(key, text)
    return text
  }
  const fire = (upTo: number): void => {
    for (;;) {
      const [first] = [...timers.values()]
        .filter(({ due }) => due <= upTo)
        .toSorted(
          (a, b) => a.due - b.due || (a.key < b.key ? -1 : a.key > b.key ? 1 : a.name < b.name ? -1 : 1)
        )
      if (first === undefined) return
      const { key, name, due } = first
      timers.delete(`${key} ${name}`)
      emitted.push(`${key}:${trace(key, `${name}@${due}`)}`)
      if (due % 2 === 1) timers.set(`${key} ${name}`, { key, name, due: due + 7 })
    }
  }
  for (const { id, key, at, n, action } of events) {
    fire(at - 1)
    if (id !== undefined && seen.has(id)) continue
    if (id !== undefined) seen.add(id)
    if (action.does === "throw") continue
    if (action.does === "forget") {
      states.delete(key)
      continue
    }
    const text = trace(key, String(n))
    if (action.does === "emit") emitted.push(`${key}:${text}`)
    if (action.does === "start")
      timers.set(`${key} ${action.timer}`, { key, name: action.timer, due: at + action.after })
    if (action.does === "stop") timers.delete(`${key} ${action.timer}`)
  }
  fire(clock)
  return { states, emitted, timers: timers.size }
}
