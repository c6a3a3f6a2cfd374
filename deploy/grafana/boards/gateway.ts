/** The dashboard "gateway": requests, refusals, durations, and the certificate. */
import { type Board, lines, number, query } from "../dashboard.ts"
import { max, perSecond, quantile, series, sum } from "../queries.ts"

const responses = "spoor_gateway_responses_total"
const share = (statuses: string): string =>
  `${sum(perSecond(responses, `status=~"${statuses}"`))} / ${sum(perSecond(responses))}`

export const gateway: Board = {
  name: "gateway",
  title: "gateway",
  about: "What clients send, and what the gateway answers.",
  panels: [
    number("Requests", { unit: "reqps", about: "Requests a second." }, sum(perSecond(responses))),
    number(
      "Refused",
      {
        unit: "percentunit",
        warn: 0.001,
        bad: 0.01,
        about: "Share answered with 5xx: the queue is full or down."
      },
      share("5..")
    ),
    number(
      "Rejected",
      { unit: "percentunit", warn: 0.01, about: "Share answered with 4xx: invalid requests, or too many." },
      share("4..")
    ),
    number(
      "Events",
      { unit: "cps", about: "Events a second in the requests." },
      sum(perSecond("spoor_actor_events_total", 'actor="gateway"', 'outcome="received"'))
    ),
    number(
      "In flight",
      { about: "Requests that wait for the queue, of all gateways." },
      sum(series("spoor_actor_mailbox_size", 'actor="gateway"'))
    ),
    number(
      "Gateways",
      { about: "Processes that run a gateway." },
      `count(${series("spoor_actor_mailbox_capacity", 'actor="gateway"')})`
    ),
    lines(
      "Answers by status",
      {
        unit: "reqps",
        isStacked: true,
        about: "200: in the queue. 4xx: the client's. 503: the queue is full or down."
      },
      query(sum(perSecond(responses), "status"), "{{status}}")
    ),
    lines(
      "Duration",
      { unit: "s", about: "From the request's arrival until the queue has its events." },
      query(quantile(0.5, "spoor_actor_message_duration_seconds", 'actor="gateway"'), "half within"),
      query(quantile(0.95, "spoor_actor_message_duration_seconds", 'actor="gateway"'), "95 % within"),
      query(quantile(0.99, "spoor_actor_message_duration_seconds", 'actor="gateway"'), "99 % within")
    ),
    lines(
      "Refused by limits",
      {
        unit: "reqps",
        about: "Requests and connections that a limit or a missing write key refused, by reason."
      },
      query(sum(perSecond("spoor_gateway_refused_total"), "reason"), "{{reason}}")
    ),
    lines(
      "Dropped or anonymised for privacy",
      { unit: "cps", about: "Events by the signal that asked for it: dnt, gpc, header." },
      query(sum(perSecond("spoor_gateway_privacy_total"), "outcome", "reason"), "{{outcome}}, {{reason}}")
    ),
    lines(
      "In flight of each gateway",
      { about: "Against the capacity (GATEWAY_MAX_PENDING): above it events are answered with 503." },
      query(sum(series("spoor_actor_mailbox_size", 'actor="gateway"'), "instance"), "{{instance}}"),
      query(max(series("spoor_actor_mailbox_capacity", 'actor="gateway"')), "capacity of one")
    ),
    lines(
      "Rate limits that could not be shared",
      { unit: "cps", about: "Rounds in which a gateway could not reach Redis and counted alone." },
      query(`${sum(perSecond("spoor_gateway_rate_share_failures_total"))} or vector(0)`, "failures")
    )
  ]
}
