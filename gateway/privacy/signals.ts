/** The privacy signals `DNT: 1` and `Sec-GPC: 1`, and the policy for them, by topic. */

/** `keep` changes nothing, `anonymise` removes the sender's identity, `drop` removes the event. */
export type Policy = "keep" | "anonymise" | "drop"

export type Signal = "dnt" | "gpc"

/** The policy for events of a topic; undefined means the default topic. */
export type PolicyOf = (topic: string | undefined) => Policy

const isPolicy = (text: string): text is Policy => text === "keep" || text === "anonymise" || text === "drop"

/** What is wrong with PRIVACY_SIGNALS, as a sentence; undefined for a valid list. */
export const signalsProblem = (list: string): string | undefined => {
  const bad = entriesOf(list).find(({ policy }) => !isPolicy(policy))
  return bad === undefined
    ? undefined
    : `"${bad.policy}" is not a policy: write keep, anonymise or drop, or topic=policy for one topic.`
}

/** Parses `anonymise` or `keep,clicks=drop`; undefined when every policy is `keep`. `standard` is the default topic. */
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

/** The topics with a policy of their own. */
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

/** The signal of a request. Global Privacy Control is legally binding in some places, so it is checked first. */
export const signalOf = (headers: Headers): Signal | undefined => {
  if (headers.get("sec-gpc") === "1") return "gpc"
  return headers.get("dnt") === "1" ? "dnt" : undefined
}
