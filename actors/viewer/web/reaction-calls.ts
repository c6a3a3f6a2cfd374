/** The table of the last calls; each opens to its request and its answer. */
import type { CallView, Headers } from "../reactions/messages.ts"
import { element } from "./element.ts"
import { known, number, span } from "./format.ts"
import { inert } from "./inert-text.ts"
import { makeKeyedRows, type ShownItem } from "./keyed-rows.ts"
import { makeRowWithDetails } from "./row-details.ts"
import { clock } from "./times.ts"

/** Characters of a URL in the list. */
const maxUrlLength = 200

const cell = (name: string, content: string | Node, className = ""): HTMLTableCellElement => {
  const created = element("td", className, content)
  created.dataset.name = name
  return created
}

/** Headers and body as they are sent, line by line. */
export const messagePart = (title: string, first: string, headers: Headers, body: string): HTMLElement => {
  const lines = [first, ...headers.map(([name, value]) => `${name}: ${value}`)].filter((line) => line !== "")
  const text = element("pre", "", [
    ...lines.flatMap((line) => [inert(line), "\n"]),
    ...(body === "" ? [] : ["\n", ...body.split("\n").flatMap((line) => [inert(line), "\n"])])
  ])
  text.tabIndex = 0
  text.setAttribute("role", "group")
  text.setAttribute("aria-label", title)
  return element("section", "message", [element("h3", "", title), text])
}

const detailsOf = (call: CallView): ReadonlyArray<Node> => {
  const { id, method, url, requestHeaders, requestBody, status, answerHeaders, answerBody, error } = call
  return [
    element("p", "delivery", ["Delivery ", element("code", "", inert(id))]),
    ...(error === "" ? [] : [element("p", "trouble", inert(error))]),
    element("div", "messages", [
      messagePart("Request", `${method} ${url}`, requestHeaders, requestBody),
      ...(status === null ? [] : [messagePart("Answer", String(status), answerHeaders, answerBody)])
    ])
  ]
}

const makeCall = (call: CallView): ShownItem<CallView> => {
  const { at, rule, method, url, status, ms, attempt, outcome } = call
  const made = makeRowWithDetails(clock(at), 7, () => detailsOf(call))
  const head = element("th", "name", made.toggle)
  head.scope = "row"
  const isBad = status === null || status >= 400
  made.row.append(
    head,
    cell("rule", inert(rule)),
    cell("request", inert(`${method} ${url}`, maxUrlLength), "url"),
    cell("answer", status === null ? "none" : String(status), isBad ? "number bad" : "number"),
    cell("duration", known(ms, span), "number"),
    cell("attempt", known(attempt, number), "number"),
    cell("outcome", inert(outcome), "outcome-text")
  )
  return { rows: made.rows, show: () => {} }
}

const keyOf = ({ at, id, attempt, target }: CallView): string => `${at} ${attempt ?? ""} ${target} ${id}`

/** Fills the table; returns a function that shows the next list. */
export const makeCalls = (body: HTMLElement) => makeKeyedRows(body, keyOf, makeCall)
