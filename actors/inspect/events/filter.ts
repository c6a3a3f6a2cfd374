/**
 * Event filters. A `Filter` is compiled once and then applied to each event. Texts are compared case-insensitively with
 * the masked view, so that masked values cannot be found. Pure.
 */
import { Option, Schema } from "effect"
import { CopyStage } from "../../../contracts/event-copy.ts"
import { typeOf } from "./event-view.ts"
import type { EventView, Filter } from "./messages.ts"
import type { FeedRecord } from "./staged-event.ts"

/** The maximum length of a filter's part, in characters. */
const maxPartChars = 1_000

const Text = Schema.String.check(Schema.isMaxLength(maxPartChars))

const FilterShape = Schema.Struct({
  stage: Schema.optionalKey(CopyStage),
  type: Schema.optionalKey(Text),
  topic: Schema.optionalKey(Text),
  country: Schema.optionalKey(Text),
  device: Schema.optionalKey(Text),
  param: Schema.optionalKey(Text),
  text: Schema.optionalKey(Text)
})

/** The names of a filter's parts, also in a query string. */
export const filterNames = ["stage", "type", "topic", "country", "device", "param", "text"] as const

const decode = Schema.decodeUnknownOption(FilterShape, { onExcessProperty: "error" })

/** Decodes a filter from a client; undefined if it is invalid: an unknown part, or one that is too long. */
export const readFilter = (sent: unknown): Filter | undefined => Option.getOrUndefined(decode(sent))

/** The filter of a query string; empty parts and other names are ignored. Undefined if it is invalid. */
export const filterOf = (search: URLSearchParams): Filter | undefined =>
  readFilter(
    Object.fromEntries(
      filterNames.flatMap((name) => {
        const value = search.get(name) ?? ""
        return value === "" ? [] : [[name, value]]
      })
    )
  )

/** Compiles the filter into a test for views. The stage is compared too, if the filter names one. */
export const matches = (filter: Filter): ((event: EventView) => boolean) => {
  const tests: Array<(event: EventView) => boolean> = []
  const { stage } = filter
  if (stage !== undefined) tests.push((event) => event.stage === stage)
  const topic = normalized(filter.topic)
  if (topic !== "") tests.push((event) => event.topic.toLowerCase() === topic)
  const type = typeTest(normalized(filter.type))
  if (type !== undefined) tests.push((event) => type(event.type))
  const country = normalized(filter.country)
  if (country !== "") tests.push((event) => event.country.toLowerCase() === country)
  const device = normalized(filter.device)
  if (device !== "")
    tests.push((event) => event.deviceType.toLowerCase() === (deviceNames.get(device) ?? device))
  tests.push(...paramTests(filter.param ?? ""))
  const text = normalized(filter.text)
  if (text !== "")
    tests.push(
      (event) =>
        event.raw.toLowerCase().includes(text) ||
        event.type.toLowerCase().includes(text) ||
        event.id.toLowerCase() === text
    )
  return (event) => tests.every((test) => test(event))
}

/** Does the filter match all events of its stage, so that none needs to be decoded? */
export const isAll = (filter: Filter): boolean =>
  filterNames.every((name) => name === "stage" || normalized(filter[name]) === "")

/** Compiles a cheap test on the bytes, to decode less: false only for an event that cannot match. Ignores the stage. */
export const mayMatch = (
  filter: Filter
): ((record: Pick<FeedRecord, "stage" | "topic" | "value" | "id">) => boolean) => {
  const topic = normalized(filter.topic)
  const type = typeTest(normalized(filter.type))
  const text = normalized(filter.text)
  const isPlain = isAscii(text)
  const words = plainWords(filter.param ?? "")
  if (topic === "" && type === undefined && text === "" && words.length === 0) return () => true
  // Reads `id` for texts only: a record of the log parses its headers for it.
  return (record) => {
    const { stage, value } = record
    if (topic !== "" && record.topic.toLowerCase() !== topic) return false
    if (type !== undefined && isRecord(stage) && !type(typeOf(value))) return false
    const isTextSought = text !== "" && isPlain
    const areWordsSought = words.length > 0 && isRecord(stage) && !value.includes("%", value.lastIndexOf(" "))
    if ((!isTextSought && !areWordsSought) || !isAscii(value)) return true
    const whole = value.toLowerCase()
    if (areWordsSought && !words.every((word) => whole.includes(word))) return false
    if (!isTextSought || whole.includes(text) || record.id.toLowerCase() === text) return true
    return isRecord(stage) ? typeOf(value).toLowerCase().includes(text) : value.includes("%")
  }
}

const normalized = (part: string | undefined): string => (part ?? "").trim().toLowerCase()

const isAscii = (text: string): boolean => !/[^\0-\x7f]/.test(text)

const isRecord = (stage: CopyStage): boolean => stage === "stored" || stage === "enriched"

/** Synonyms of device types. */
const deviceNames: ReadonlyMap<string, string> = new Map([["phone", "mobile"]])

const typeTest = (type: string): ((its: string) => boolean) | undefined => {
  if (type === "") return undefined
  if (!type.startsWith("=")) return (its) => its.toLowerCase().includes(type)
  const whole = type.slice(1)
  return (its) => its.toLowerCase() === whole
}

/** Values that appear literally in a record, unless part of it is percent-encoded. */
const plainWords = (param: string): ReadonlyArray<string> =>
  conditionsOf(param)
    .map(({ value }) => value)
    .filter((value) => /^[a-z0-9._-]+$/.test(value))

interface ParamCondition {
  readonly key: string
  readonly sign: string
  readonly value: string
}

const conditionsOf = (param: string): ReadonlyArray<ParamCondition> =>
  param
    .split("&")
    .filter((piece) => piece.trim() !== "")
    .map((piece) => {
      const [, name = "", sign = "", rest = ""] = /^([^=~]*)([=~]?)(.*)$/s.exec(piece) ?? []
      return { key: normalized(decoded(name)), sign, value: normalized(decoded(rest)) }
    })

/** One test for each condition; within one, `%26` is a literal `&`. */
const paramTests = (param: string): ReadonlyArray<(event: EventView) => boolean> =>
  conditionsOf(param).map(({ key, sign, value }) => {
    const has =
      sign === ""
        ? () => true
        : sign === "="
          ? (its: string) => its === value
          : (its: string) => its.includes(value)
    return ({ params }) =>
      params.some(
        ([its, text]) => (key === "" || its.toLowerCase() === key) && has(text.toLowerCase().trim())
      )
  })

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
