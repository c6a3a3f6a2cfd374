/** An actor with a missing or invalid setting does not start: it prints one sentence that names the setting and ends with exit code 78; the others continue. */
import { join } from "node:path"
import { launch } from "../../support/spoor.ts"
import { faultCase, prove } from "../case.ts"

/** The wrong settings, the actor started with them, and the name that the sentence must contain. */
const mistakes = [
  { actor: "drainer", settings: { NATS_URL: "" }, names: "NATS_URL" },
  { actor: "gateway", settings: { QUEUE_CONFIRM: "nobody" }, names: "QUEUE_CONFIRM" },
  { actor: "bridge", settings: { KAFKA_SASL_MECHANISM: "plain" }, names: "KAFKA_USERNAME" },
  {
    actor: "bridge",
    settings: { KAFKA_PASSWORD_FILE: join(import.meta.dirname, "nowhere") },
    names: "KAFKA_PASSWORD_FILE"
  },
  {
    actor: "enricher",
    settings: { GEOIP_DB: join(import.meta.dirname, "nowhere.mmdb") },
    names: "nowhere.mmdb"
  }
] as const

export default faultCase({
  number: "settings",
  name: "settings missing at the start",
  expects: { duplicates: 0 },
  fault: async (world) => {
    const ends: Array<string> = []
    for (const { actor, settings, names } of mistakes) {
      const { ended, output } = launch([actor], { ...world.settings, ...settings })
      const code = await ended
      // Log lines of the start, as JSON, may come before.
      const lines = output()
        .trim()
        .split("\n")
        .filter((line) => !line.startsWith("{"))
      prove(code === 78, `${actor} ended with ${code}: ${output()}`)
      prove(lines.length === 1, `${actor} printed more than one sentence: ${output()}`)
      prove(lines[0]?.includes(names) === true, `${actor} does not name ${names}: ${output()}`)
      ends.push(names)
    }
    return `without ${ends.join(", ")} five actors ended with exit code 78 and a sentence that names the setting`
  }
})
