/**
 * Write keys: a client with a valid key may send events, and the key decides their topic. Keys are stored as HMACs under
 * a random secret of this process, so that the time of a look-up reveals nothing about them.
 */
import { createHmac, randomBytes } from "node:crypto"
import { Schema } from "effect"
import { Topic } from "../../contracts/ids.ts"

export interface WriteKey {
  /** Identifies the key in limits and metrics: `key 1` is the first of the list. Not the key itself. */
  readonly name: string
  /** Undefined for the default topic. */
  readonly topic: Topic | undefined
}

/** Finds a key by its text; undefined for an unknown key. */
export type FindKey = (text: string) => WriteKey | undefined

const isTopic = Schema.is(Topic)
const maxKeyLength = 200

/**
 * Parses `key=topic,key2=topic2,key3`; a key without a topic uses the default topic. Returns a string when the list is
 * invalid: the reason, without any key. `topics` are the allowed topics.
 */
export const writeKeys = (list: string, standard: Topic, topics: ReadonlySet<string>): FindKey | string => {
  const secret = randomBytes(32)
  const digest = (text: string): string => createHmac("sha256", secret).update(text).digest("base64")
  const keys = new Map<string, WriteKey>()
  const entries = list
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "")
  if (entries.length === 0) return "WRITE_KEYS has no key. Leave it unset to accept events from anyone."
  for (const [index, entry] of entries.entries()) {
    const equals = entry.indexOf("=")
    const key = (equals === -1 ? entry : entry.slice(0, equals)).trim()
    const topic = equals === -1 ? standard : entry.slice(equals + 1).trim()
    const which = `Key ${index + 1} of WRITE_KEYS`
    if (!/^[A-Za-z0-9._~-]{8,}$/.test(key) || key.length > maxKeyLength) {
      return `${which} must have 8 to ${maxKeyLength} letters, digits or any of . _ ~ -`
    }
    if (!isTopic(topic))
      return `${which} has the topic "${topic}", which is not a valid name of a Kafka topic.`
    if (topic !== standard && !topics.has(topic)) {
      return `${which} has the topic "${topic}", which is not in KAFKA_TOPICS: its events would go to ${standard}.`
    }
    if (keys.has(digest(key))) return `${which} is a duplicate.`
    keys.set(digest(key), { name: `key ${index + 1}`, topic: topic === standard ? undefined : topic })
  }
  return (text) => (text.length > maxKeyLength ? undefined : keys.get(digest(text)))
}
