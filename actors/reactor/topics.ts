/** The topics that the reactor reads, from the settings. Pure. */
import { Effect } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { Topic } from "../../contracts/ids.ts"
import { reactTopics } from "../rules/settings.ts"
import { readTopics } from "../transform/topics.ts"

/** `all`: those of lines, which the reactor makes where they are missing; `more`: those that are read when they exist. */
export const readReactTopics = Effect.gen(function* () {
  const { all } = yield* readTopics
  const names = (yield* reactTopics.config)
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "")
  const wrong = names.find((name) => !/^[A-Za-z0-9._-]{1,249}$/.test(name))
  if (wrong !== undefined)
    return yield* new Failure({
      reason: "misconfigured",
      message: `REACT_TOPICS must be names of Kafka topics: "${wrong}" is not a valid name for a Kafka topic.`
    })
  const more = [...new Set(names)].map((name) => Topic.make(name)).filter((name) => !all.includes(name))
  return { all, more }
})
