/** The dashboard "pipeline": the queue, and the way of a batch through drainer, enricher and bridge to Kafka. */
import { type Board, lines, number, query, row } from "../dashboard.ts"
import { max, perSecond, quantile, series, sum } from "../queries.ts"

const stages = 'actor=~"drainer|enricher|bridge"'
const events = "spoor_actor_events_total"

export const pipeline: Board = {
  name: "pipeline",
  title: "pipeline",
  about: "The queue, and the way of a batch through drainer, enricher and bridge to Kafka.",
  panels: [
    row("Queue"),
    number("Waiting", { warn: 1000, about: "Waiting lines." }, sum(series("spoor_queue_waiting_lines"))),
    number(
      "Waiting bytes",
      { unit: "bytes", about: "Size of the waiting lines." },
      sum(series("spoor_queue_waiting_bytes"))
    ),
    number(
      "In flight",
      { about: "Lines that drainers have claimed and not settled." },
      sum(series("spoor_queue_in_flight_lines"))
    ),
    number(
      "Oldest in flight",
      { unit: "s", warn: 30, about: "How long the oldest claimed batch has been in flight." },
      max(series("spoor_queue_oldest_in_flight_age_seconds"))
    ),
    number(
      "Leases that expired",
      { warn: 1, about: "In the last hour: batches whose drainer died or hung." },
      sum(`increase(${series("spoor_queue_expired_leases_total")}[1h])`)
    ),
    number(
      "Dead letters",
      { warn: 1, about: "That nobody has replayed or discarded." },
      sum(series("spoor_queue_dead_letters"))
    ),
    lines(
      "Waiting and in flight",
      { about: "Lines in each queue." },
      query(sum(series("spoor_queue_waiting_lines"), "queue"), "{{queue}} waiting"),
      query(sum(series("spoor_queue_in_flight_lines"), "queue"), "{{queue}} in flight")
    ),
    lines(
      "Age of the oldest",
      { unit: "s", about: "Of the waiting lines, and of the batches in flight." },
      query(max(series("spoor_queue_oldest_waiting_age_seconds"), "queue"), "{{queue}} waiting"),
      query(max(series("spoor_queue_oldest_in_flight_age_seconds"), "queue"), "{{queue}} in flight")
    ),
    row("Stages"),
    lines(
      "Events a second",
      { unit: "cps", about: "What each stage finished." },
      query(sum(perSecond(events, stages, 'outcome="succeeded"'), "actor"), "{{actor}}")
    ),
    lines(
      "Failed, refused and rejected",
      {
        unit: "cps",
        about: "failed: in this actor; refused: by one downstream; rejected: becomes a dead letter."
      },
      query(
        sum(perSecond(events, stages, 'outcome=~"failed|refused|rejected"'), "actor", "outcome"),
        "{{actor}}, {{outcome}}"
      )
    ),
    lines(
      "Duration of a batch, 95 % within",
      {
        unit: "s",
        about: "Of a stage with everything behind it: the drainer's includes enricher, bridge and Kafka."
      },
      query(quantile(0.95, "spoor_actor_message_duration_seconds", stages, "actor"), "{{actor}}")
    ),
    lines(
      "Mailboxes",
      {
        unit: "percentunit",
        max: 1,
        about: "Messages in flight against the capacity. Near 1 the stage is the narrow one."
      },
      query(
        `${sum(series("spoor_actor_mailbox_size", stages), "actor")} / ${sum(series("spoor_actor_mailbox_capacity", stages), "actor")}`,
        "{{actor}}"
      )
    ),
    lines(
      "Received to stored, by topic",
      { unit: "s", about: "99 % of the events of each topic are in Kafka within this time." },
      query(quantile(0.99, "spoor_stored_delay_seconds", "", "topic"), "{{topic}}")
    ),
    lines(
      "Stored, by topic",
      { unit: "cps", isStacked: true, about: "Events a second that Kafka confirmed." },
      query(sum(perSecond("spoor_stored_delay_seconds_count"), "topic"), "{{topic}}")
    ),
    row("Ledger and dead letters"),
    lines(
      "Ledger",
      { about: "Lines of all topics by state, since the queue exists." },
      query(sum(series("spoor_ledger_lines"), "state"), "{{state}}")
    ),
    lines(
      "Unaccounted for",
      { about: "Lines by which the ledger of a topic does not add up. Anything but 0 is a fault." },
      query(sum(series("spoor_ledger_discrepancy_lines"), "queue", "topic"), "{{queue}}, {{topic}}")
    ),
    lines(
      "New dead letters",
      { unit: "cps", about: "By stage and reason." },
      query(sum(perSecond("spoor_dead_letters_total"), "stage", "reason"), "{{stage}}, {{reason}}")
    ),
    lines(
      "Dropped copies",
      {
        unit: "cps",
        about: "Events that taps and pages did not get, as the copy budget was used up. The events are safe."
      },
      query(sum(perSecond("spoor_copies_dropped_total"), "stage"), "{{stage}}")
    )
  ]
}
