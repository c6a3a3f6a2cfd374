/** The dashboard "overview": whether events flow, how late they are, and what waits. */
import { type Board, lines, number, query, row } from "../dashboard.ts"
import { max, perSecond, quantile, series, sum } from "../queries.ts"

const stored = "spoor_stored_delay_seconds"

/** The share of events that were stored later than the objective, of the last while. */
const late = `1 - ${sum(perSecond(`${stored}_bucket`, 'le=~"10|10\\\\.0"'))} / ${sum(perSecond(`${stored}_count`))}`

export const overview: Board = {
  name: "overview",
  title: "overview",
  about: "Whether events flow, how late they are, and what waits.",
  panels: [
    row("Now"),
    number(
      "Stored",
      { unit: "cps", about: "Events a second that Kafka confirmed." },
      sum(perSecond(`${stored}_count`))
    ),
    number(
      "Late",
      {
        unit: "percentunit",
        warn: 0.01,
        bad: 0.06,
        about:
          "Share of the events that were stored later than 10 s after the gateway received them. 1 % may be."
      },
      late
    ),
    number(
      "Waiting",
      { warn: 1000, bad: 100_000, about: "Lines that wait in all queues." },
      sum(series("spoor_queue_waiting_lines"))
    ),
    number(
      "Oldest line",
      { unit: "s", warn: 5, bad: 10, about: "How long the oldest waiting line has waited." },
      max(series("spoor_queue_oldest_waiting_age_seconds"))
    ),
    number(
      "Dead letters",
      { warn: 1, about: "Dead letters that nobody has replayed or discarded." },
      sum(series("spoor_queue_dead_letters"))
    ),
    number(
      "Unaccounted for",
      { bad: 1, about: "Lines by which the ledger does not add up. Anything but 0 is a fault." },
      sum(`abs(${series("spoor_ledger_discrepancy_lines")})`)
    ),
    row("Flow"),
    lines(
      "Events a second",
      {
        unit: "cps",
        about:
          "What drainers claim, bridges store and becomes a dead letter. In balance, claimed equals stored."
      },
      query(sum(perSecond("spoor_actor_events_total", 'actor="gateway"', 'outcome="received"')), "gateway"),
      query(sum(perSecond("spoor_actor_events_total", 'actor="drainer"', 'outcome="received"')), "claimed"),
      query(sum(perSecond(`${stored}_count`)), "stored"),
      query(sum(perSecond("spoor_dead_letters_total")), "dead letters")
    ),
    lines(
      "From the gateway to Kafka",
      { unit: "s", about: "Time from the gateway's reception of an event until Kafka has confirmed it." },
      query(quantile(0.5, stored, ""), "half within"),
      query(quantile(0.95, stored, ""), "95 % within"),
      query(quantile(0.99, stored, ""), "99 % within")
    ),
    lines(
      "Waiting lines",
      { about: "Lines in the queue. Growing: more arrives than is drained." },
      query(sum(series("spoor_queue_waiting_lines"), "queue"), "{{queue}}")
    ),
    lines(
      "Oldest waiting line",
      { unit: "s", about: "How long the oldest line of each queue has waited." },
      query(max(series("spoor_queue_oldest_waiting_age_seconds"), "queue"), "{{queue}}")
    ),
    lines(
      "Lag of consumers",
      { about: "Records that each group has not read yet." },
      query(sum(series("spoor_consumer_lag_records"), "group"), "{{group}}")
    ),
    lines(
      "Answers of the gateway",
      { unit: "reqps", isStacked: true, about: "Requests a second by status." },
      query(sum(perSecond("spoor_gateway_responses_total"), "status"), "{{status}}")
    ),
    row("Alerts"),
    lines(
      "Firing alerts",
      { isStacked: true, about: "Alerts of Spoor that fire, by name. The runbook has a paragraph for each." },
      query(
        'count by (alertname) (ALERTS{alertstate="firing", alertname=~"Spoor.*"}) or vector(0)',
        "{{alertname}}"
      )
    ),
    lines(
      "Late events",
      {
        unit: "percentunit",
        about: "Share of events stored later than 10 s, in the windows that alerts use. 1 % may be."
      },
      query("topic:spoor_stored_late:ratio_rate5m", "{{topic}}, 5 minutes"),
      query("topic:spoor_stored_late:ratio_rate1h", "{{topic}}, 1 hour"),
      query("topic:spoor_stored_late:ratio_rate6h", "{{topic}}, 6 hours")
    )
  ]
}
