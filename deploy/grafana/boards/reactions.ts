/** The dashboard "reactions": what rules match, what is delivered, and the health of targets. */
import { type Board, lines, number, query } from "../dashboard.ts"
import { max, perSecond, quantile, series, sum } from "../queries.ts"

export const reactions: Board = {
  name: "reactions",
  title: "reactions",
  about: "What rules match, what becomes of it, and the health of the targets that are called.",
  panels: [
    number(
      "Matched",
      { unit: "cps", width: 4, about: "Matches of all rules a second." },
      sum(perSecond("spoor_reactor_matched_total"))
    ),
    number(
      "Delivered",
      { unit: "cps", width: 4, about: "Deliveries that were completed a second." },
      sum(perSecond("spoor_deliveries_total", 'outcome="delivered"'))
    ),
    number("Waiting", { width: 4, about: "Deliveries that wait." }, max(series("spoor_reactions_waiting"))),
    number(
      "Oldest",
      { unit: "s", warn: 3600, width: 4, about: "Age of the oldest delivery that waits." },
      max(series("spoor_reactions_oldest_waiting_age_seconds"))
    ),
    number(
      "Dead",
      { warn: 1, width: 4, about: "Dead letters of deliveries, neither replayed nor discarded." },
      max(series("spoor_reactions_dead"))
    ),
    number(
      "Unaccounted",
      { bad: 1, width: 4, about: "Matches that do not add up in the ledger. Must be 0." },
      max(series("spoor_reactions_discrepancy"))
    ),
    lines(
      "Matches by rule",
      {
        unit: "cps",
        about: "By line of the ledger; `<rule>/report` and `<rule>/<channel>` have lines of their own."
      },
      query(
        max(`deriv(${series("spoor_reactions_matches", 'state="matched"')}[$__rate_interval])`, "rule"),
        "{{rule}}"
      )
    ),
    lines(
      "Attempts by outcome",
      {
        unit: "cps",
        about: "retry: tried again later; failed: given up; dead: in the list of dead letters."
      },
      query(sum(perSecond("spoor_deliveries_total"), "outcome"), "{{outcome}}")
    ),
    lines(
      "Waiting by rule",
      { about: "Growing: a target fails or is paused, or deliverers are too few." },
      query(max(series("spoor_reactions_matches", 'state="waiting"'), "rule"), "{{rule}}")
    ),
    lines(
      "Suppressed by reason",
      { unit: "cps", about: "Matches that are not delivered. Limits of the store are in the ledger." },
      query(sum(perSecond("spoor_reactor_suppressed_total"), "reason"), "{{reason}}")
    ),
    lines(
      "Calls by answer",
      { unit: "cps", about: "By class of the status; none: there was no answer." },
      query(sum(perSecond("spoor_delivery_calls_total"), "status"), "{{status}}")
    ),
    lines(
      "Duration of a call",
      { unit: "s", about: "With its answer, of all targets together." },
      query(quantile(0.5, "spoor_delivery_call_duration_seconds", ""), "50 %"),
      query(quantile(0.95, "spoor_delivery_call_duration_seconds", ""), "95 %"),
      query(quantile(0.99, "spoor_delivery_call_duration_seconds", ""), "99 %")
    ),
    lines(
      "Targets by state",
      { about: "open: left alone after failures; held: it asked to wait; paused: by a person." },
      query(max(series("spoor_reaction_targets"), "state"), "{{state}}")
    ),
    lines(
      "Failing targets",
      { about: "1 while the circuit breaker of the target is open or half-open." },
      query(`${max(series("spoor_reaction_target_failing"), "target")} > 0`, "{{target}}")
    ),
    lines(
      "Calls in flight",
      { about: "In each deliverer. At DELIVER_CONCURRENCY more deliverers, or faster targets, would help." },
      query(sum(series("spoor_delivery_calls_in_flight"), "instance"), "{{instance}}")
    ),
    lines(
      "Rules in use, and refused changes",
      { about: "A problem of 1: the file cannot be used as it is, the previous rules are in use." },
      query(max(series("spoor_reactor_rules")), "rules that are on"),
      query(max(series("spoor_reactor_rules_problem")), "problem of the file"),
      query(max(series("spoor_reactor_api_rules_unusable")), "rules of the API that cannot be used")
    )
  ]
}
