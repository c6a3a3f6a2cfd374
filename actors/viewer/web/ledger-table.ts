/** The ledger as tables: a row per topic, the total, and a row per queue. */
import { element, moment, number } from "/page/frame.js"

/** What the received are made of, and what it is called where a row stands alone. */
const parts = {
  stored: "stored",
  dead: "dead letters",
  discarded: "discarded",
  waiting: "waiting",
  inFlight: "in flight"
}

const count = (name, value, className = "") => {
  const made = element("td", `number ${className}`.trim(), number(value))
  made.dataset.name = name
  if (value === 0) made.classList.add("nil")
  return made
}

const accountRow = (name, account) => {
  const sum = Object.keys(parts).reduce((all, part) => all + account[part], 0)
  const head = element("th", "name", name)
  head.scope = "row"
  return element("tr", sum === account.received ? "" : "off", [
    head,
    count("received", account.received, "received"),
    ...Object.entries(parts).map(([part, called]) =>
      count(called, account[part], part === "dead" && account.dead > 0 ? "bad" : "")
    ),
    count("replays", account.replayed, "aside")
  ])
}

const none = { stored: 0, dead: 0, discarded: 0, replayed: 0 }

/** A row for each topic, and one for the lines whose topic nobody has read yet. */
export const topicRows = ({ topics, unread }) => {
  const rows = topics.map((topic) => accountRow(topic.topic, topic))
  const { waiting, inFlight } = unread ?? { waiting: 0, inFlight: 0 }
  if (waiting + inFlight > 0) {
    rows.push(
      accountRow("(topic not read yet)", { ...none, waiting, inFlight, received: waiting + inFlight })
    )
  }
  return rows
}

export const totalRow = ({ total }) => accountRow("All topics", total)

const queueRow = ({ kind, address, trouble, since, account, deadLetters }) => {
  const head = element("th", "name", `${kind} ${address}`)
  head.scope = "row"
  if (trouble !== undefined) {
    const inside = element("td", "bad", trouble)
    inside.colSpan = 5
    return element("tr", "", [head, inside])
  }
  return element("tr", "", [
    head,
    element("td", "", since === undefined ? "nothing claimed yet" : moment(since)),
    count("received", account.received),
    count("waiting", account.waiting),
    count("in flight", account.inFlight),
    count("letters in its list", deadLetters)
  ])
}

export const queueRows = ({ queues }) => queues.map(queueRow)
