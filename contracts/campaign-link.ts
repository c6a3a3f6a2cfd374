/**
 * A campaign link: the targets of `/click/<id>/go` per platform, and the campaign parameters of its clicks. Identified by
 * its id; stored as JSON, in the form of the API's requests and responses.
 */
import { Duration, Schema, SchemaGetter } from "effect"
import { maxTargetCharacters, readTarget } from "./link-target.ts"
import { durationOf, hasUnit } from "./quantity.ts"

/** The platforms that a link may have targets for: the operating systems of records, in lower case. */
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

/** True for a valid link id. */
export const isLinkId = (id: string): boolean => idPattern.test(id)

const linkId = Schema.String.check(
  Schema.makeFilter(
    (id: string) => (isLinkId(id) ? undefined : "It must be 1 to 64 letters, digits, - and _."),
    { toJsonSchema: () => ({ pattern: idPattern.source }) }
  )
)

/** Free parameters of one link, at most. */
export const maxParams = 32

/** The names of a link's own parameters in an event; a free parameter must not have one of them. */
export const reservedParamNames: ReadonlySet<string> = new Set([
  "campaign",
  "adgroup",
  "ad",
  "network",
  "click_lookback",
  "view_lookback",
  "redirect_url",
  "lookup_key"
])

/** Characters of a link as JSON, at most. */
const maxLinkCharacters = 16_384

const text = (maxCharacters: number) =>
  Schema.String.check(
    Schema.makeFilter(
      (value: string) => {
        if (value === "" || value.length > maxCharacters)
          return `It must have 1 to ${maxCharacters} characters.`
        return /[\p{Cc}\p{Cs}]/u.test(value) ? "It must not contain control characters." : undefined
      },
      { toJsonSchema: () => ({ minLength: 1, maxLength: maxCharacters }) }
    )
  )

const paramNamePattern = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/

const paramName = Schema.String.check(
  Schema.makeFilter((name: string) => paramNamePattern.test(name) && !reservedParamNames.has(name), {
    toJsonSchema: () => ({ pattern: paramNamePattern.source, not: { enum: [...reservedParamNames] } })
  })
)

const dayMs = 86_400_000
const maxWindowMs = 366 * dayMs

/** The length of a window; undefined for an invalid one. A number is days. */
const lengthOf = (value: number | string): Duration.Duration | undefined => {
  if (typeof value === "string" && !hasUnit(value)) return undefined
  const millis = typeof value === "number" ? value * dayMs : durationOf(value, "days")
  return millis !== undefined && millis >= 0 && millis <= maxWindowMs ? Duration.millis(millis) : undefined
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

/** A link as it is stored; its targets were checked before. */
export const CampaignLink = Schema.Struct({ id: linkId, ...shape(Schema.String) })
export type CampaignLink = typeof CampaignLink.Type

/** A link as a client sends it: each target is checked, and decoded to the value of the `Location` header. */
export const newLink = (schemes: ReadonlySet<string>) =>
  Schema.Struct({
    id: Schema.optionalKey(linkId),
    ...shape(
      Schema.String.check(
        Schema.makeFilter((value: string) => readTarget(value, schemes).problem, {
          toJsonSchema: () => ({
            pattern: "^[A-Za-z][A-Za-z0-9+.-]*://[^\\s\\\\]+$",
            maxLength: maxTargetCharacters
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
      if (!isSomewhere) return "A link must have a target: set urls, default or fallback."
      return JSON.stringify(link).length > maxLinkCharacters
        ? `A link must have at most ${maxLinkCharacters} characters as JSON.`
        : undefined
    })
  )
