/** The settings of campaign links. */
import { Config, type Redacted, Schema } from "effect"
import { readTarget, schemesOf, schemesProblem, storeSchemes } from "../../contracts/link-target.ts"
import { optional, type Setting, secret, setting } from "../../contracts/setting.ts"
import { choice } from "../../contracts/setting-readers.ts"

const token = Schema.String.check(
  Schema.makeFilter((text: string) =>
    text === "" || /^[!-~]{16,256}$/.test(text)
      ? undefined
      : "It must have 16 to 256 characters without spaces, like the output of openssl rand -hex 32."
  )
)

/** An empty token counts as unset. */
export const linksToken: Setting<Redacted.Redacted<string> | undefined> = {
  name: "LINKS_TOKEN",
  sentence: "The token for the links API, at least 16 characters. Unset: the API is off.",
  standard: "",
  secret: true,
  config: Config.schema(Schema.Redacted(token), "LINKS_TOKEN").pipe(Config.withDefault(undefined))
}

const schemes = Schema.String.check(Schema.makeFilter((list: string) => schemesProblem(list)))

export const linkSchemes = setting(
  "LINK_SCHEMES",
  (name) => Config.schema(schemes, name),
  storeSchemes,
  "URL schemes that links may lead to besides http and https, separated by commas."
)

const page = Schema.String.check(
  Schema.makeFilter((text: string) => (text === "" ? undefined : readTarget(text, schemesOf("")).problem))
)

export const notFoundUrl = optional(
  "NOT_FOUND_URL",
  (name) => Config.schema(page, name),
  "Redirect target of clicks on unknown links and links without a target. Unset: they are answered with 404."
)

export const linksDialect = setting(
  "LINKS_DIALECT",
  choice(["spoor", "adtekio"]),
  "spoor",
  "How clicks are written: spoor, or adtekio for consumers of the old system (events /t/click, with more parameters)."
)

export const linksSecret = secret(
  "LINKS_SECRET",
  "The secret of the old links API, POST /api/<version>/create and /delete: requests are signed with it (pepper). Unset: that API is off."
)

export const linkSettings = { linksToken, linkSchemes, notFoundUrl, linksDialect, linksSecret }
