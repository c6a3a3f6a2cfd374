/** Where one event is: the sentence, and everything that was found of it. */
import { definitions, element, link, moment, number } from "/page/frame.js"
import { letterAddress, lineText } from "/page/letter-row.js"
import { withTimes } from "/page/told-times.js"
import { timeFormat } from "/page/zone.js"

const kinds = { stored: "good", "dead letter": "bad", "in flight": "good" }

const exact = timeFormat({
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3
})

/** To the millisecond, where it is one that a `Date` can be. */
const exactly = (at) => {
  const made = moment(at)
  if (made.dateTime !== undefined) made.textContent = exact.format(at)
  return made
}

const stageRows = (times) =>
  times.map(([stage, at], i) => {
    const before = times[i - 1]?.[1]
    return element("tr", "", [
      element("td", "", stage),
      element("td", "", exactly(at)),
      element(
        "td",
        "number",
        before === undefined ? "" : `${at < before ? "" : "+"}${number(at - before)} ms`
      )
    ])
  })

const stored = ({ topic, partition, offset, key, record, times }) =>
  element("div", "found", [
    element(
      "dl",
      "",
      definitions([
        ["topic", topic],
        ["partition", String(partition)],
        ["offset", offset],
        ["key", key === "" ? "none" : key],
        ["record", record]
      ])
    ),
    element("table", "stages", [element("tbody", "", stageRows(times))])
  ])

const dead = (letter) =>
  element("div", "found", [
    element("p", "", link(letterAddress(letter.address), "Open the dead letter")),
    element(
      "dl",
      "",
      definitions([
        ["reason", letter.reason],
        ["stage", letter.stage],
        ["set aside", letter.last === undefined ? undefined : moment(letter.last)],
        ["line", lineText(letter)]
      ])
    )
  ])

const underWay = ({ queue, claimed, attempts, until, isClaimed, line }) =>
  element("div", "found", [
    element(
      "dl",
      "",
      definitions([
        ["queue", queue],
        ["first claimed", moment(claimed)],
        [isClaimed ? "claimed until" : "may be claimed from", moment(until)],
        ["attempts before", number(attempts)],
        ["line", line]
      ])
    )
  ])

export const showWhereabouts = (place, found) => {
  const { state, sentence, underWay: events, letters, records, troubles } = found
  place.replaceChildren(
    element("p", kinds[state] ?? "", withTimes(sentence)),
    ...events.map(underWay),
    ...letters.map(dead),
    ...records.map(stored),
    ...troubles.map((trouble) => element("p", "trouble", trouble))
  )
}
