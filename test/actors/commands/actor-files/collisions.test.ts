/** Actors of the user that claim what belongs to Spoor's or to each other's actors are refused, each with one sentence. */
import { describe, expect, test } from "bun:test"
import { Config, Effect, Metric } from "effect"
import { loadActors } from "../../../../actors/all.ts"
import { collisions } from "../../../../actors/commands/actor-files/collisions.ts"
import * as Actor from "../../../../actors/runtime/actor.ts"
import { eventLog, messageBus } from "../../../../actors/runtime/dependencies.ts"
import { records } from "../../../../actors/runtime/inbox/records.ts"
import { requests } from "../../../../actors/runtime/inbox/requests.ts"
import { Enrich } from "../../../../contracts/requests.ts"
import { secret, setting } from "../../../../contracts/setting.ts"
import { count } from "../../../../contracts/setting-readers.ts"

type More = Pick<Actor.Definition<never, void, never, []>, "settings" | "metrics">

const reader = (name: string, more: More = {}, group = name): Actor.Actor =>
  Actor.make(
    name,
    {
      ...{ summary: "", receives: records(group, "oldest"), sends: "nothing", requires: [eventLog] },
      ...more
    },
    Effect.succeed(() => Effect.void)
  )

const server = (name: string, subject: string, queue = name): Actor.Actor =>
  Actor.make(
    name,
    {
      ...{ summary: "", sends: "nothing", requires: [messageBus] },
      receives: requests({ ...Enrich, subject, subjects: { 1: subject, 2: `${subject}.2` }, queue })
    },
    Effect.succeed(() => Effect.never)
  )

const found = (...actors: ReadonlyArray<Actor.Actor>) =>
  collisions(actors.map((actor, i) => ({ actor, file: `./${i + 1}.ts` })))

const one = (...actors: ReadonlyArray<Actor.Actor>): string => {
  const sentences = found(...actors)
  expect(sentences).toHaveLength(1)
  return sentences[0] ?? ""
}

describe("actors that can run beside Spoor's", () => {
  test("have names, groups, subjects, settings and metrics of their own", () => {
    const rows = setting("BROWSER_ROWS", count(), 10, "Rows.")
    const metrics = [Metric.counter("browsers_total")]
    expect(
      found(
        reader("browser-counter", { settings: [rows], metrics }),
        reader("os-counter", {
          settings: [setting("BROWSER_ROWS", count(), 10, "Rows, as there.")],
          metrics
        }),
        server("scorer", "spoor.step.score")
      )
    ).toEqual([])
  })
})

describe("an actor is refused that has", () => {
  test("the name of one of Spoor's, also of one that does not run here", () => {
    expect(found(reader("viewer", {}, "mine"))).toEqual([
      "viewer of ./1.ts has the name of Spoor's viewer: rename it"
    ])
  })

  test("the name and the group of another file's", () => {
    const [name, group] = found(reader("browsers"), reader("browsers"))
    expect(name).toBe("browsers of ./2.ts has the name of browsers of ./1.ts: rename it")
    expect(group).toContain("reads the log in the group spoor-browsers of browsers of ./1.ts")
  })

  test("a name that NATS cannot register", () => {
    expect(one(reader("Browser counter"))).toContain("cannot have this name: write lower-case letters")
  })

  test("the consumer group of one of Spoor's, or one that begins like a watcher's", () => {
    expect(one(reader("mine", {}, "event-counter"))).toBe(
      'mine of ./1.ts reads the log in the group spoor-event-counter of Spoor\'s event-counter, so each would get a part of the records: give records its own name, records("mine", …)'
    )
    expect(one(reader("mine", {}, "viewer-2"))).toContain("group spoor-viewer-2 of Spoor's viewer")
  })

  test("a subject that one of Spoor's serves, by whichever pattern and group", () => {
    const taken =
      "mine of ./1.ts serves spoor.enrich (group mine), which Spoor's enricher serves (spoor.enrich, group enrich): choose another subject"
    expect(one(server("mine", "spoor.enrich"))).toBe(taken)
    expect(one(server("mine", "spoor.enrich", "enrich"))).toContain("choose another subject")
    expect(one(server("mine", "spoor.enrich.2"))).toContain("serves (spoor.enrich.2, group enrich)")
    expect(found(server("mine", "spoor.>")).length).toBeGreaterThanOrEqual(2)
  })

  test("a setting of Spoor's with another type or default, or one that another file means otherwise", () => {
    const topic = setting("KAFKA_TOPIC", Config.String, "clicks", "The topic.")
    expect(one(reader("mine", { settings: [topic] }))).toBe(
      "mine of ./1.ts has the setting KAFKA_TOPIC (text, default clicks), which Spoor has too (text, default events): rename it"
    )
    expect(one(reader("mine", { settings: [setting("QUEUE_KEY", count(), 5, "")] }))).toContain(
      "(whole number, 1 or more, default 5), which Spoor has too (text, default click_queue)"
    )
    const rows = setting("ROWS", count(), 10, "")
    expect(one(reader("a", { settings: [rows] }), reader("b", { settings: [secret("ROWS", "")] }))).toBe(
      "b of ./2.ts has the setting ROWS (secret, no default), which a of ./1.ts has too (whole number, 1 or more, default 10): rename it"
    )
  })

  test("a setting that cannot be a variable, or would be taken for a file's", () => {
    for (const name of ["rows", "MY-ROWS", "ROWS_FILE"])
      expect(one(reader("mine", { settings: [setting(name, count(), 1, "")] }))).toContain(
        `cannot have the setting ${name}: write upper-case`
      )
  })

  test("a metric of Spoor's, one that Prometheus refuses, or one that another file has as another type", () => {
    expect(one(reader("mine", { metrics: [Metric.counter("spoor_actor_events_total")] }))).toBe(
      "mine of ./1.ts cannot have the metric spoor_actor_events_total: names that begin with spoor_ or process_ are Spoor's. Rename it"
    )
    expect(one(reader("mine", { metrics: [Metric.counter("my-total")] }))).toContain(
      "write letters, digits and _"
    )
    expect(
      one(
        reader("a", { metrics: [Metric.counter("rows_total")] }),
        reader("b", { metrics: [Metric.gauge("rows_total")] })
      )
    ).toBe("b of ./2.ts has the metric rows_total of a of ./1.ts with another type or description: rename it")
  })
})

test("what Spoor's own actors claim is found among them all, and collides with nothing", async () => {
  const own = await loadActors()
  const claimed = collisions(own.map((actor) => ({ actor, file: "all.ts" })))
  for (const { name } of own)
    expect(claimed).toContain(`${name} of all.ts has the name of Spoor's ${name}: rename it`)
  expect(claimed.filter((sentence) => sentence.includes(" has the setting "))).toEqual([])
})
