/** What the centre checks of lines from an edge before it pushes them: limits and the default topic. The drainer judges the lines. */
import { Failure } from "../../contracts/failure.ts"
import type { Topic } from "../../contracts/ids.ts"
import { maxMessageBytes } from "../../contracts/messages/msgpack.ts"
import { type PushedLines, readPushedLines } from "../../contracts/messages/pushed-lines.ts"

/** Lines in one push of an edge. */
export const maxPushedLines = 5_000

/**
 * The push in the message. Throws `Failure`: `too-large` above a limit, `unreadable` for another message, and
 * `misconfigured` when the edge expects another default topic than the centre's: its lines would go to a wrong topic.
 */
export const readEdgeLines = (payload: Uint8Array, topic: Topic): PushedLines => {
  if (payload.length > maxMessageBytes)
    throw tooLarge(`${payload.length} bytes exceed the limit of ${maxMessageBytes} bytes of one push`)
  const pushed = readPushedLines(payload)
  if (pushed.lines.length > maxPushedLines)
    throw tooLarge(`${pushed.lines.length} lines exceed the limit of ${maxPushedLines} lines of one push`)
  const { defaultTopic = topic } = pushed
  if (defaultTopic !== topic)
    throw new Failure({
      reason: "misconfigured",
      message: `The edge expects its lines in the topic ${defaultTopic}, but KAFKA_TOPIC of the centre is ${topic}: set KAFKA_TOPIC at the edge to ${topic}.`
    })
  return pushed
}

const tooLarge = (message: string): Failure => new Failure({ reason: "too-large", message })
