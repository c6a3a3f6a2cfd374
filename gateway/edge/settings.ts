/** The secret that edges and their centre share, where edges push over HTTP. */
import { Config, type Redacted, Schema } from "effect"
import type { Setting } from "../../contracts/setting.ts"

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
