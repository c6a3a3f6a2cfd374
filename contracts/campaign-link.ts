/**
 * A campaign link: where `/click/<id>/go` leads people, by their platform, and what its clicks say of the campaign.
 * Known by its id; stored as JSON, in the form in which the API takes and gives it.
 */
import { Duration, Schema, SchemaGetter } from "effect"
import { longestTarget, readTarget } from "./link-target.ts"
import { durationOf, hasUnit } from "./quantity.ts"

/** The platforms that a link may tell apart: as records name them, systems of devices in lower case. */
export const platforms = [
  "ios",
  "android",
  "mac",
  "windows",
  "linux",
  "chrome os",
  "harmonyos",
  "kaios",
  "windows phone",
  "tizen",
  "webos"
] as const
export type Platform = (typeof platforms)[number]

const idPattern = /^[A-Za-z0-9_-]{1,64}$/

/** Can a link have that id? */
export const isLinkId = (id: string): boolean => idPattern.test(id)

const linkId = Schema.String.check(
  Schema.makeFilter(
    (id: string) => (isLinkId(id) ? undefined : "It must be 1 to 64 letters, digits, - and _."),
    { toJsonSchema: () => ({ pattern: idPattern.source }) }
  )
)

/** What one link may say beside its campaign, at most so many values. */
export const maxParams = 32

/** What links say of themselves in the query of an event; a free parameter must not have such a name. */
export const ownNames: ReadonlySet<string> = new Set([
  "campaign",
  "adgroup",
  "ad",
  "network",
  "click_lookback",
  "view_lookback",
  "redirect_url",
  "lookup_key"
])

/** A link may have so many characters as JSON. */
const longestLink = 16_384

const text = (longest: number) =>
  Schema.String.check(
    Schema.makeFilter(
      (value: string) => {
        if (value === "" || value.length > longest) return `It must have 1 to ${longest} characters.`
        return /[\p{Cc}\p{Cs}]/u.test(value) ? "It must not hold control characters." : undefined
      },
      { toJsonSchema: () => ({ minLength: 1, maxLength: longest }) }
    )
  )

const paramNamePattern = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/

const paramName = Schema.String.check(
  Schema.makeFilter((name: string) => paramNamePattern.test(name) && !ownNames.has(name), {
    toJsonSchema: () => ({ pattern: paramNamePattern.source, not: { enum: [...ownNames] } })
  })
)

const dayMillis = 86_400_000
const longestWindow = 366 * dayMillis

/** How long a window is; undefined for what is none. A number counts days. */
const lengthOf = (value: number | string): Duration.Duration | undefined => {
  if (typeof value === "string" && !hasUnit(value)) return undefined
  const millis = typeof value === "number" ? value * dayMillis : durationOf(value, "days")
  return millis !== undefined && millis >= 0 && millis <= longestWindow ? Duration.millis(millis) : undefined
}

/** Seconds of a stored window. */
export const windowSeconds = (window: string): number =>
  Math.floor(Duration.toSeconds(lengthOf(window) ?? Duration.zero))

const window = Schema.Union([Schema.Finite, Schema.String])
  .check(
    Schema.makeFilter((value: number | string) =>
      lengthOf(value) === undefined
        ? 'It must be a number of days, or a duration like "7 days" or "36 hours", at most 366 days.'
        : undefined
    )
  )
  .pipe(
    Schema.decodeTo(Schema.String, {
      decode: SchemaGetter.transform((value: number | string) =>
        typeof value === "number" ? `${value} days` : value
      ),
      encode: SchemaGetter.passthroughSubtype()
    })
  )

const shape = <Target extends Schema.Codec<string, string>>(target: Target) => {
  const perPlatform = Object.fromEntries(
    platforms.map((platform) => [platform, Schema.optionalKey(target)])
  ) as { [P in Platform]: Schema.optionalKey<Target> }
  return {
    urls: Schema.optionalKey(Schema.Struct(perPlatform)),
    default: Schema.optionalKey(target),
    fallback: Schema.optionalKey(target),
    campaign: Schema.optionalKey(text(200)),
    adgroup: Schema.optionalKey(text(200)),
    ad: Schema.optionalKey(text(200)),
    network: Schema.optionalKey(text(200)),
    click_lookback: Schema.optionalKey(window),
    view_lookback: Schema.optionalKey(window),
    params: Schema.optionalKey(Schema.Record(paramName, text(500)).check(Schema.isMaxProperties(maxParams)))
  }
}

/** A link as it is stored: its targets were checked when it came. */
export const CampaignLink = Schema.Struct({ id: linkId, ...shape(Schema.String) })
export type CampaignLink = typeof CampaignLink.Type

/** A link as someone sends it: each target is checked and becomes what the `Location` header will have. */
export const newLink = (schemes: ReadonlySet<string>) =>
  Schema.Struct({
    id: Schema.optionalKey(linkId),
    ...shape(
      Schema.String.check(
        Schema.makeFilter((value: string) => readTarget(value, schemes).problem, {
          toJsonSchema: () => ({
            pattern: "^[A-Za-z][A-Za-z0-9+.-]*://[^\\s\\\\]+$",
            maxLength: longestTarget
          })
        })
      ).pipe(
        Schema.decode({
          decode: SchemaGetter.transform((value: string) => readTarget(value, schemes).href ?? value),
          encode: SchemaGetter.passthrough()
        })
      )
    )
  }).check(
    Schema.makeFilter((link) => {
      const isSomewhere =
        Object.keys(link.urls ?? {}).length > 0 || link.default !== undefined || link.fallback !== undefined
      if (!isSomewhere) return "A link must lead somewhere: give it urls, a default or a fallback."
      return JSON.stringify(link).length > longestLink
        ? `A link must have at most ${longestLink} characters as JSON.`
        : undefined
    })
  )
