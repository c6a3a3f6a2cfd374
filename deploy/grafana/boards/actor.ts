/** The dashboard "one actor": everything about the actor that is chosen, and its processes. */
import { type Board, lines, number, query, row } from "../dashboard.ts"
import { max, perSecond, quantile, series, sum } from "../queries.ts"

const chosen = 'actor="$actor"'

/** Only processes that run the actor. */
const itsProcesses = (expression: string): string =>
  `${expression} and on (namespace, job, instance) ${series("spoor_actor_mailbox_capacity", chosen)}`

export const actor: Board = {
  name: "actor",
  title: "one actor",
  about: "Everything about one actor, and the processes that run it.",
  variable: { name: "actor", label: "Actor", values: "label_values(spoor_actor_restarts_total, actor)" },
  panels: [
    number(
      "Processes",
      { about: "That run this actor." },
      `count(${series("spoor_actor_mailbox_capacity", chosen)})`
    ),
    number(
      "Events",
      { unit: "cps", about: "Events a second that it finished." },
      sum(perSecond("spoor_actor_events_total", chosen, 'outcome="succeeded"'))
    ),
    number(
      "Lag",
      { unit: "s", warn: 10, about: "Age of the oldest event in its messages; 0 when nothing waits." },
      max(series("spoor_actor_lag_seconds", chosen))
    ),
    number(
      "In flight",
      { about: "Messages in flight or waiting." },
      sum(series("spoor_actor_mailbox_size", chosen))
    ),
    number(
      "Restarts",
      { warn: 1, about: "Crashes in the last hour." },
      sum(`increase(${series("spoor_actor_restarts_total", chosen)}[1h])`)
    ),
    number(
      "Given up",
      { bad: 1, about: "1: it crashed too often." },
      max(series("spoor_actor_given_up", chosen))
    ),
    lines(
      "Events by outcome",
      { unit: "cps", about: "failed: in this actor; refused: by one downstream or a full mailbox." },
      query(sum(perSecond("spoor_actor_events_total", chosen), "outcome"), "{{outcome}}")
    ),
    lines(
      "Duration of a message",
      { unit: "s", about: "From its arrival to its outcome." },
      query(quantile(0.5, "spoor_actor_message_duration_seconds", chosen), "half within"),
      query(quantile(0.95, "spoor_actor_message_duration_seconds", chosen), "95 % within"),
      query(quantile(0.99, "spoor_actor_message_duration_seconds", chosen), "99 % within")
    ),
    lines(
      "Mailbox",
      { about: "Messages in flight or waiting, and how many may be." },
      query(sum(series("spoor_actor_mailbox_size", chosen), "instance"), "{{instance}}"),
      query(max(series("spoor_actor_mailbox_capacity", chosen)), "capacity of one")
    ),
    lines(
      "Lag",
      { unit: "s", about: "Age of the oldest event in its messages." },
      query(max(series("spoor_actor_lag_seconds", chosen), "instance"), "{{instance}}")
    ),
    row("Its processes"),
    lines(
      "Processor time",
      { unit: "percentunit", about: "Of one core. An actor uses at most one: near 1, add a copy." },
      query(itsProcesses(perSecond("process_cpu_seconds_total")), "{{instance}}")
    ),
    lines(
      "Memory",
      { unit: "bytes", about: "Resident memory." },
      query(itsProcesses(series("process_resident_memory_bytes")), "{{instance}}")
    ),
    lines(
      "Open files",
      { about: "Files and sockets." },
      query(itsProcesses(series("process_open_fds")), "{{instance}}")
    ),
    lines(
      "Time since its start",
      { unit: "s", about: "Falls to 0 at each start." },
      query(itsProcesses(`time() - ${series("process_start_time_seconds")}`), "{{instance}}")
    )
  ]
}
