/** The settings of edges: their centre, and the secret that both share where edges push over HTTP. */
import { Config, type Redacted, Schema } from "effect"
import { optional, type Setting } from "../../contracts/setting.ts"

const secrets = Schema.String.check(
  Schema.makeFilter((text: string) =>
    text === "" || secretsIn(text).every((one) => /^[!-~]{16,256}$/.test(one))
      ? undefined
      : "Each secret must have 16 to 256 characters without spaces and commas, like the output of openssl rand -hex 32."
  )
)

/** The secrets in the text, without spaces around them. */
export const secretsIn = (text: string): ReadonlyArray<string> => text.split(",").map((one) => one.trim())

/** An empty secret counts as unset. */
export const edgeSecret: Setting<Redacted.Redacted<string> | undefined> = {
  name: "EDGE_SECRET",
  sentence:
    "The secret with which edges sign what they push over HTTP, at least 16 characters, the same at the edge and in the centre. In the centre also several, separated by commas: edges may use any of them. Unset: the gateway takes no lines of edges.",
  standard: "",
  secret: true,
  config: Config.schema(Schema.Redacted(secrets), "EDGE_SECRET").pipe(Config.withDefault(undefined))
}

const centre = Schema.String.check(
  Schema.makeFilter((text: string) => (text === "nats" || isCentreUrl(text) ? undefined : wrongCentre))
)

/** True for the address of a gateway: a path would be ignored, and a login would be printed in errors. */
export const isCentreUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, pathname, search, hash } = new URL(text)
  return /^https?:$/.test(protocol) && pathname === "/" && username + password + search + hash === ""
}

const wrongCentre =
  "It must be nats, or the address of a gateway of the centre like https://events.example.com, without a login or a path."

export const edgeCentre = optional(
  "EDGE_CENTRE",
  (name) => Config.schema(centre, name),
  "Where an edge pushes its lines: nats (to a receiver, over NATS_URL), or the address of a gateway of the centre, https://host, which has the same EDGE_SECRET."
)
