/**
 * Write keys: who has one may send events, and the key decides their topic. Keys are kept as digests under a secret of
 * this process, so that how long a look takes tells nothing about them.
 */
import { createHmac, randomBytes } from "node:crypto"
import { Schema } from "effect"
import { Topic } from "../../contracts/ids.ts"

export interface WriteKey {
  /** Tells keys apart in limits and figures: `key 1` is the first of the list. Not the key. */
  readonly name: string
  /** Undefined for the standard topic. */
  readonly topic: Topic | undefined
}

/** The key of that text; undefined when there is none. */
export type FindKey = (text: string) => WriteKey | undefined

const isTopic = Schema.is(Topic)
const longestKey = 200

/**
 * Reads `key=topic,key2=topic2,key3`; a key without a topic is for the standard one. A string instead is the reason why
 * it cannot be read; it names no key. `topics` are those that lines may name.
 */
export const writeKeys = (list: string, standard: Topic, topics: ReadonlySet<string>): FindKey | string => {
  const secret = randomBytes(32)
  const digest = (text: string): string => createHmac("sha256", secret).update(text).digest("base64")
  const keys = new Map<string, WriteKey>()
  const entries = list
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "")
  if (entries.length === 0) return "WRITE_KEYS holds no key; leave it unset to take events from anyone."
  for (const [place, entry] of entries.entries()) {
    const equals = entry.indexOf("=")
    const key = (equals === -1 ? entry : entry.slice(0, equals)).trim()
    const topic = equals === -1 ? standard : entry.slice(equals + 1).trim()
    const which = `Key ${place + 1} of WRITE_KEYS`
    if (!/^[A-Za-z0-9._~-]{8,}$/.test(key) || key.length > longestKey) {
      return `${which} must have 8 to ${longestKey} letters, digits or any of . _ ~ -`
    }
    if (!isTopic(topic)) return `${which} is for "${topic}", which cannot be the name of a Kafka topic.`
    if (topic !== standard && !topics.has(topic)) {
      return `${which} is for the topic "${topic}", which is not among KAFKA_TOPICS: its events would go to ${standard}.`
    }
    if (keys.has(digest(key))) return `${which} stands there twice.`
    keys.set(digest(key), { name: `key ${place + 1}`, topic: topic === standard ? undefined : topic })
  }
  return (text) => (text.length > longestKey ? undefined : keys.get(digest(text)))
}
