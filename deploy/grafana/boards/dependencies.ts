/** The dashboard "dependencies": Redis, NATS and Kafka as Spoor's processes see them. */
import { type Board, lines, query } from "../dashboard.ts"
import { max, perSecond, series, sum } from "../queries.ts"

export const dependencies: Board = {
  name: "dependencies",
  title: "dependencies",
  about: "Redis, NATS and Kafka as Spoor's processes see them: queue is Redis, bus NATS, log Kafka.",
  panels: [
    lines(
      "Processes that reach it",
      { unit: "percentunit", max: 1, about: "Share of the processes that require a service and reach it." },
      query(`avg by (dependency) (${series("spoor_dependency_up")})`, "{{dependency}}")
    ),
    lines(
      "Outages",
      { about: "Outages in the last hour, of all processes." },
      query(sum(`increase(${series("spoor_dependency_outages_total")}[1h])`, "dependency"), "{{dependency}}")
    ),
    lines(
      "Failures",
      { unit: "cps", about: "Failed attempts: what the log does not repeat during an outage." },
      query(sum(perSecond("spoor_dependency_failures_total"), "dependency"), "{{dependency}}")
    ),
    lines(
      "Redis: memory",
      { unit: "bytes", about: "Used memory of each queue's Redis, and its maxmemory (0: no limit)." },
      query(sum(series("spoor_queue_memory_used_bytes"), "queue"), "{{queue}} used"),
      query(sum(series("spoor_queue_memory_max_bytes"), "queue"), "{{queue}} limit")
    ),
    lines(
      "Kafka: refused batches",
      {
        unit: "cps",
        about: "By topic and kind: outage and size are tried again; record makes dead letters; topic waits."
      },
      query(
        `${sum(perSecond("spoor_log_refused_total"), "topic", "kind")} or vector(0)`,
        "{{topic}} {{kind}}"
      )
    ),
    lines(
      "Kafka: topics that store nothing",
      { max: 1, about: "1 while a topic refuses everything until somebody acts." },
      query(max(series("spoor_log_topic_waiting"), "topic"), "{{topic}}")
    ),
    lines(
      "NATS: dropped messages",
      {
        unit: "cps",
        about: "Messages that the bus dropped, by reason. Batches are tried again; copies are lost."
      },
      query(sum(perSecond("spoor_bus_dropped_total"), "reason"), "{{reason}}")
    ),
    lines(
      "Certificate of the gateway",
      { unit: "s", about: "Time until it expires; 0 without TLS_CERT." },
      query(`min(${series("spoor_tls_certificate_expiry_timestamp_seconds")} - time()) or vector(0)`, "left")
    )
  ]
}
