/**
 * Which events somebody wants to see. A `Filter` is compiled once and then asked for each event. Texts are compared in
 * any case, with what is shown: what a mask hides cannot be found.
 */
import { Option, Schema } from "effect"
import { CopyStage } from "../../../contracts/event-copy.ts"
import { typeOf } from "./event-view.ts"
import type { EventView, Filter } from "./messages.ts"
import type { FeedRecord } from "./staged-event.ts"

/** No part of a filter may be longer, in characters. */
const longest = 1_000

const Text = Schema.String.check(Schema.isMaxLength(longest))

const FilterShape = Schema.Struct({
  stage: Schema.optionalKey(CopyStage),
  type: Schema.optionalKey(Text),
  topic: Schema.optionalKey(Text),
  country: Schema.optionalKey(Text),
  device: Schema.optionalKey(Text),
  param: Schema.optionalKey(Text),
  text: Schema.optionalKey(Text)
})

/** The parts of a filter, as they are named in a query too. */
export const filterNames = ["stage", "type", "topic", "country", "device", "param", "text"] as const

const decode = Schema.decodeUnknownOption(FilterShape, { onExcessProperty: "error" })

/** The filter that a client sent; undefined for what is none: a part that is too long, or that there is not. */
export const readFilter = (sent: unknown): Filter | undefined => Option.getOrUndefined(decode(sent))

/** The filter that a query names; an empty part is none, and so is any other name. Undefined when it cannot be one. */
export const filterOf = (search: URLSearchParams): Filter | undefined =>
  readFilter(
    Object.fromEntries(
      filterNames.flatMap((name) => {
        const value = search.get(name) ?? ""
        return value === "" ? [] : [[name, value]]
      })
    )
  )

/** Does the event have all that the filter asks for? Its stage is compared too, where the filter names one. */
export const matches = (filter: Filter): ((event: EventView) => boolean) => {
  const tests: Array<(event: EventView) => boolean> = []
  const { stage } = filter
  if (stage !== undefined) tests.push((event) => event.stage === stage)
  const topic = wanted(filter.topic)
  if (topic !== "") tests.push((event) => event.topic.toLowerCase() === topic)
  const type = typeTest(wanted(filter.type))
  if (type !== undefined) tests.push((event) => type(event.type))
  const country = wanted(filter.country)
  if (country !== "") tests.push((event) => event.country.toLowerCase() === country)
  const device = wanted(filter.device)
  if (device !== "")
    tests.push((event) => event.deviceType.toLowerCase() === (deviceNames.get(device) ?? device))
  tests.push(...paramTests(filter.param ?? ""))
  const text = wanted(filter.text)
  if (text !== "")
    tests.push(
      (event) =>
        event.raw.toLowerCase().includes(text) ||
        event.type.toLowerCase().includes(text) ||
        event.id.toLowerCase() === text
    )
  return (event) => tests.every((test) => test(event))
}

/** Does it let all events of its stage through, so that none needs to be decoded? */
export const isAll = (filter: Filter): boolean =>
  filterNames.every((name) => name === "stage" || wanted(filter[name]) === "")

/**
 * A cheap look at the bytes, to decode less: false only for an event that cannot match. Says nothing of the stage.
 */
export const mayMatch = (
  filter: Filter
): ((record: Pick<FeedRecord, "stage" | "topic" | "value" | "id">) => boolean) => {
  const topic = wanted(filter.topic)
  const type = typeTest(wanted(filter.type))
  const text = wanted(filter.text)
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

const wanted = (part: string | undefined): string => (part ?? "").trim().toLowerCase()

const isAscii = (text: string): boolean => !/[^\0-\x7f]/.test(text)

const isRecord = (stage: CopyStage): boolean => stage === "stored" || stage === "enriched"

/** People say phone. */
const deviceNames: ReadonlyMap<string, string> = new Map([["phone", "mobile"]])

const typeTest = (type: string): ((its: string) => boolean) | undefined => {
  if (type === "") return undefined
  if (!type.startsWith("=")) return (its) => its.toLowerCase().includes(type)
  const whole = type.slice(1)
  return (its) => its.toLowerCase() === whole
}

/** Values of parameters, or parts of them, that stand in a record as they are unless something of it is percent-encoded. */
const plainWords = (param: string): ReadonlyArray<string> =>
  pieces(param)
    .map(({ value }) => value)
    .filter((value) => /^[a-z0-9._-]+$/.test(value))

interface Piece {
  readonly key: string
  readonly sign: string
  readonly value: string
}

const pieces = (param: string): ReadonlyArray<Piece> =>
  param
    .split("&")
    .filter((piece) => piece.trim() !== "")
    .map((piece) => {
      const [, name = "", sign = "", rest = ""] = /^([^=~]*)([=~]?)(.*)$/s.exec(piece) ?? []
      return { key: wanted(decoded(name)), sign, value: wanted(decoded(rest)) }
    })

/** One test for each piece; within one, `%26` is a `&` that is meant. */
const paramTests = (param: string): ReadonlyArray<(event: EventView) => boolean> =>
  pieces(param).map(({ key, sign, value }) => {
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
