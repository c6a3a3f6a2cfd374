/** The viewer's HTTP API about reactions as the page uses it: one typed function per endpoint. */
import type { TryCommand } from "../reactions/commands.ts"
import type { CallsView, ReactionsView, RuleText, TargetsView, TryView } from "../reactions/messages.ts"
import { getJson, postJson, putJson } from "./fetch-json.ts"

export type { TryCommand }

export const getReactions = (signal?: AbortSignal): Promise<ReactionsView> =>
  getJson("/api/reactions", signal)

export const getRuleText = (name: string): Promise<RuleText> =>
  getJson(`/api/reactions/rule?name=${encodeURIComponent(name)}`)

export const getTargets = (signal?: AbortSignal): Promise<TargetsView> =>
  getJson("/api/reactions/targets", signal)

/** `query` may have `rule`, `target` and `limit`. */
export const getCalls = (query: URLSearchParams, signal?: AbortSignal): Promise<CallsView> =>
  getJson(`/api/reactions/calls?${query}`, signal)

/** Saves a rule, written as YAML or JSON. */
export const putRule = (
  text: string
): Promise<{ readonly name: string; readonly outcome: "created" | "replaced" }> =>
  putJson("/api/reactions/rules", { text })

export const removeRule = (name: string): Promise<unknown> =>
  postJson("/api/reactions/rules/remove", { name })

export const turnRule = (name: string, on: boolean): Promise<unknown> =>
  postJson("/api/reactions/rules/turn", { name, on })

export const tryRule = (what: TryCommand): Promise<TryView> => postJson("/api/reactions/try", what)

export const pauseTarget = (target: string): Promise<unknown> =>
  postJson("/api/reactions/targets/pause", { target })

export const resumeTarget = (target: string): Promise<unknown> =>
  postJson("/api/reactions/targets/resume", { target })

export const enableTarget = (target: string, rule: string): Promise<unknown> =>
  postJson("/api/reactions/targets/enable", { target, rule })
