/** The dashboard "consumers": how far each group is behind, and what it does. */
import { type Board, lines, number, query } from "../dashboard.ts"
import { max, perSecond, quantile, series, sum } from "../queries.ts"

const counters = 'actor=~"event-counter|metadata-counter|search-counter|timing-stats"'

export const consumers: Board = {
  name: "consumers",
  title: "consumers",
  about: "How far each consumer group is behind the end of its topics.",
  panels: [
    number(
      "Lag",
      { warn: 1000, width: 8, about: "Records that the slowest group has not read." },
      `max(${sum(series("spoor_consumer_lag_records"), "group")})`
    ),
    number(
      "Lag in time",
      { unit: "s", warn: 60, width: 8, about: "Age of the oldest record that a group has not read." },
      max(series("spoor_consumer_lag_seconds"))
    ),
    number(
      "Groups",
      { width: 8, about: "Consumer groups of Spoor's actors." },
      `count(count by (group) (${series("spoor_consumer_position")}))`
    ),
    lines(
      "Lag in records",
      { about: "Growing: the group is slower than the topic." },
      query(sum(series("spoor_consumer_lag_records"), "group", "topic"), "{{group}}, {{topic}}")
    ),
    lines(
      "Lag in time",
      { unit: "s", about: "Age of the oldest record that the group has not read." },
      query(max(series("spoor_consumer_lag_seconds"), "group", "topic"), "{{group}}, {{topic}}")
    ),
    lines(
      "Lag of each partition",
      { about: "One partition alone: its member hangs, or its records are large." },
      query(
        sum(series("spoor_consumer_lag_records"), "group", "topic", "partition"),
        "{{group}}, {{topic}} {{partition}}"
      )
    ),
    lines(
      "Ends of the partitions",
      { about: "Offsets: the end of each partition, as its reader knows it." },
      query(max(series("spoor_consumer_end_offset"), "topic", "partition"), "{{topic}} {{partition}}")
    ),
    lines(
      "Records a second",
      { unit: "cps", about: "What each consumer finished." },
      query(sum(perSecond("spoor_actor_events_total", counters, 'outcome="succeeded"'), "actor"), "{{actor}}")
    ),
    lines(
      "Repeated, misdated, failed",
      {
        unit: "cps",
        about: "repeated: counted before, skipped; misdated: too old to tell; failed: read again."
      },
      query(
        sum(
          perSecond("spoor_actor_events_total", counters, 'outcome=~"repeated|misdated|failed"'),
          "actor",
          "outcome"
        ),
        "{{actor}}, {{outcome}}"
      )
    ),
    lines(
      "Duration of a batch, 95 % within",
      { unit: "s", about: "Reading, counting and committing one batch of records." },
      query(quantile(0.95, "spoor_actor_message_duration_seconds", counters, "actor"), "{{actor}}")
    ),
    lines(
      "Skipped batches",
      { unit: "cps", about: "Batches of records that are broken or too large, by topic." },
      query(sum(perSecond("spoor_log_skipped_batches_total"), "topic"), "{{topic}}")
    )
  ]
}
