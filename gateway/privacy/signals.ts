/** What people's browsers ask for by `DNT: 1` and `Sec-GPC: 1`, and what is done about it, by topic. */

/** `keep` does nothing, `anonymise` removes who sent the event, `drop` removes the event. */
export type Policy = "keep" | "anonymise" | "drop"

export type Signal = "dnt" | "gpc"

/** The policy for events of a topic; undefined is the standard topic. */
export type PolicyOf = (topic: string | undefined) => Policy

const isPolicy = (text: string): text is Policy => text === "keep" || text === "anonymise" || text === "drop"

/** Why PRIVACY_SIGNALS cannot be read, as a sentence; undefined when it can. */
export const signalsProblem = (list: string): string | undefined => {
  const bad = entriesOf(list).find(({ policy }) => !isPolicy(policy))
  return bad === undefined
    ? undefined
    : `"${bad.policy}" is no policy: write keep, anonymise or drop, and topic=policy for one topic.`
}

/** Reads `anonymise` or `keep,clicks=drop`; undefined when nothing is ever done. `standard` is the topic of all others. */
export const policies = (list: string, standard: string): PolicyOf | undefined => {
  const byTopic = new Map<string, Policy>()
  let rest: Policy = "keep"
  for (const { topic, policy } of entriesOf(list)) {
    if (!isPolicy(policy)) continue
    if (topic === undefined) rest = policy
    else byTopic.set(topic, policy)
  }
  if (rest === "keep" && ![...byTopic.values()].some((policy) => policy !== "keep")) return undefined
  return (topic) => byTopic.get(topic ?? standard) ?? rest
}

/** The topics that a list has a policy of their own for. */
export const topicsOf = (list: string): ReadonlyArray<string> =>
  entriesOf(list).flatMap(({ topic }) => (topic === undefined ? [] : [topic]))

const entriesOf = (list: string): ReadonlyArray<{ topic: string | undefined; policy: string }> =>
  list
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "")
    .map((entry) => {
      const equals = entry.indexOf("=")
      return equals === -1
        ? { topic: undefined, policy: entry.toLowerCase() }
        : {
            topic: entry.slice(0, equals).trim(),
            policy: entry
              .slice(equals + 1)
              .trim()
              .toLowerCase()
          }
    })

/** What the sender of a request asks for. Global Privacy Control binds by law in places, so it is named first. */
export const signalOf = (headers: Headers): Signal | undefined => {
  if (headers.get("sec-gpc") === "1") return "gpc"
  return headers.get("dnt") === "1" ? "dnt" : undefined
}
