/** The subjects on which actors publish and subscribe over NATS: what `--check --connect` tries. */
import type { BusUse, SubjectUse } from "../../../bridge/message-bus/nats/inspect.ts"
import { copySubscriptionSubject } from "../../../contracts/event-copy.ts"
import { pushSubject } from "../../../contracts/messages/pushed-lines.ts"
import { Enrich, Store } from "../../../contracts/requests.ts"
import type { Actor } from "../../runtime/actor.ts"

/** Where senders ask which formats the responders read. */
const discoverySubject = "$SRV.INFO"

/** A topic that nobody has. */
const nobodys = "spoor-check"

const must = (...subjects: ReadonlyArray<string>): ReadonlyArray<SubjectUse> =>
  subjects.map((subject) => ({ subject, isEssential: true }))
const may = (...subjects: ReadonlyArray<string>): ReadonlyArray<SubjectUse> =>
  subjects.map((subject) => ({ subject, isEssential: false }))

const none: BusUse = { publish: [], subscribe: [] }

const progress = (...stages: ReadonlyArray<string>) =>
  may(...stages.map((one) => `spoor.events.${one}.${nobodys}`))
const copies = (...stages: ReadonlyArray<string>) =>
  may(...stages.map((one) => `spoor.copies.${one}.${nobodys}`))

/** By the name of the actor; consumers of somebody's own are like the counters. */
const own = (name: string, inboxes: string): BusUse => {
  const uses: Readonly<Record<string, BusUse>> = {
    gateway: none,
    receiver: none,
    forwarder: { publish: must(pushSubject), subscribe: must(inboxes) },
    drainer: {
      publish: [
        ...must(Enrich.subject),
        ...may(Enrich.subjects[2], discoverySubject),
        ...progress("received", "rejected"),
        ...copies("raw", "rejected")
      ],
      subscribe: [...must(inboxes), ...may(copySubscriptionSubject)]
    },
    enricher: {
      publish: [
        ...must(Store.subject),
        ...may(discoverySubject),
        ...progress("enriched"),
        ...copies("enriched")
      ],
      subscribe: [...must(inboxes), ...may(copySubscriptionSubject)]
    },
    bridge: {
      publish: [...progress("stored"), ...copies("stored")],
      subscribe: may(copySubscriptionSubject)
    },
    viewer: {
      publish: may(`$SRV.PING.${nobodys}`, copySubscriptionSubject, `spoor.events.consumed.${nobodys}`),
      subscribe: may(inboxes, "spoor.events.>", "spoor.copies.>")
    },
    tap: {
      publish: must(copySubscriptionSubject, `spoor.tap.raw.${nobodys}`),
      subscribe: must("spoor.copies.>")
    }
  }
  return uses[name] ?? { publish: progress("consumed"), subscribe: [] }
}

/** What these actors use, each subject once; `inboxPrefix` is that of the replies. */
export const subjectsOf = (actors: ReadonlyArray<Actor>, inboxPrefix: string): BusUse => {
  const uses = actors.map(({ name }) => own(name, `${inboxPrefix}.${nobodys}.*`))
  const served = actors.flatMap(({ serves }) =>
    serves === undefined
      ? []
      : [
          { ...serves, isEssential: true },
          ...(serves.newer ?? []).map((subject) => ({ subject, queue: serves.queue, isEssential: false }))
        ]
  )
  const discovery = actors.map(({ name }) => `$SRV.PING.${name}`)
  return {
    publish: once(uses.flatMap(({ publish }) => publish)),
    subscribe: once([...served, ...uses.flatMap(({ subscribe }) => subscribe), ...may(...discovery)])
  }
}

const once = (uses: ReadonlyArray<SubjectUse>): ReadonlyArray<SubjectUse> => [
  ...new Map(uses.map((use) => [use.subject, use])).values()
]
