/**
 * What makes each alert fire on a real Spoor, and what ends it: the faults that the alerts are there for, one after the
 * other. Each is begun, seen to fire, ended and seen to clear by ../alerts.ts.
 */
import { type Consumer, Kafka, logLevel } from "kafkajs"
import { makeCertificate } from "../../../support/certificate.ts"
import { eventually } from "../../../support/eventually.ts"
import { freeze, unfreeze } from "../../../support/freeze.ts"
import { topic, type World } from "./world.ts"

export interface Cause {
  /** What is done, as a phrase. */
  readonly what: string
  /** The alerts that it must make fire, and that must clear after its end. */
  readonly alerts: ReadonlyArray<string>
  /** Alerts that fire only after its end, since events that waited are stored then; they clear by themselves. */
  readonly after?: ReadonlyArray<string>
  readonly begin: (world: World) => Promise<unknown>
  /** Called again and again until the alerts fire. */
  readonly keepUp?: (world: World) => Promise<unknown>
  readonly end: (world: World) => Promise<unknown>
}

/** The fields of the queue's ledger. */
const ledger = "{click_queue}:ledger"

const pidOf = ({ processOf }: World, actor: string): number => {
  const { pid } = processOf(actor).process
  if (pid === undefined) throw new Error(`${actor} has no process id.`)
  return pid
}

const kafkaOf = ({ broker }: World): Kafka =>
  new Kafka({ clientId: "alerts", brokers: [broker.url], logLevel: logLevel.NOTHING })

/** Nobody may write to the topic: numbers of Kafka's protocol. */
const forbidden = {
  ...{ resourceType: 2, resourceName: topic, resourcePatternType: 3 },
  ...{ principal: "User:ANONYMOUS", host: "*", operation: 4, permissionType: 2 }
} as const
const allowed = { ...forbidden, operation: 2, permissionType: 3 } as const

/** Grants and takes rights as an administrator. */
const asAdmin = async (world: World, work: (admin: ReturnType<Kafka["admin"]>) => Promise<unknown>) => {
  const admin = kafkaOf(world).admin()
  await admin.connect()
  await work(admin)
  await admin.disconnect()
}

/** A member of the counter's group that speaks another protocol: with it in the group, Spoor's cannot join. */
let stranger: Consumer | undefined

const joinAsStranger = async (world: World): Promise<void> => {
  await world.end("event-counter")
  stranger = kafkaOf(world).consumer({
    groupId: "spoor-event-counter",
    partitionAssigners: [
      () => ({
        name: "of-another-program",
        version: 0,
        assign: async () => [],
        protocol: () => ({ name: "of-another-program", metadata: Buffer.alloc(0) })
      })
    ]
  })
  await stranger.connect()
  await stranger.subscribe({ topic })
  void stranger.run({ eachMessage: async () => {} })
}

/** Starts the counter as an orchestrator does: again and again. */
const restartCounter = (world: World): Promise<unknown> =>
  world.start("event-counter").then(
    (spoor) => new Promise((resolve) => spoor.process.once("exit", resolve)),
    () => undefined
  )

const usedMemory = async ({ redis }: World): Promise<number> =>
  Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1])

/** Fills Redis with another program's key, and gives it a limit that it has reached when its buffers are freed again. */
const fillRedis = async (world: World): Promise<void> => {
  await world.redis.set("filler", Buffer.alloc(8_000_000))
  await eventually("Redis has freed its buffers", async () => (await usedMemory(world)) < 12_000_000)
  await world.redis.config("SET", "maxmemory", String(await usedMemory(world)))
}

const serveWith =
  (days: number) =>
  async (world: World): Promise<void> => {
    const { cert, key } = makeCertificate(days)
    await world.end("gateway-tls").catch(() => {})
    await world.start("gateway-tls", { TLS_CERT: cert, TLS_KEY: key })
  }

export const causes: ReadonlyArray<Cause> = [
  {
    what: "the enricher is stopped while 3,000 events arrive",
    alerts: [
      "SpoorStalled",
      "SpoorLinesLate",
      "SpoorBacklogGrows",
      "SpoorFiguresMissing",
      "SpoorProcessUnreachable"
    ],
    after: ["SpoorDelayBudgetBurnsFast", "SpoorDelayBudgetBurnsSlowly"],
    begin: async (world) => {
      await world.end("enricher")
      await world.send(3_000)
    },
    keepUp: ({ send }) => send(100),
    end: ({ start }) => start("enricher")
  },
  {
    what: "three lines are added to the ledger's count of claimed lines",
    alerts: ["SpoorLedgerDoesNotAddUp"],
    begin: ({ redis }) => redis.hincrby(ledger, "taken", 3),
    end: ({ redis }) => redis.hincrby(ledger, "taken", -3)
  },
  {
    what: "60 lines without a time and an address are pushed",
    alerts: ["SpoorDeadLettersRise"],
    begin: ({ redis }) => redis.rpush("click_queue", ...Array.from({ length: 60 }, () => "no event")),
    end: async () => {}
  },
  {
    what: "the right to write to the topic is taken away",
    alerts: ["SpoorTopicStoresNothing"],
    begin: (world) => asAdmin(world, (admin) => admin.createAcls({ acl: [allowed, forbidden] })),
    end: (world) => asAdmin(world, (admin) => admin.deleteAcls({ filters: [forbidden] }))
  },
  {
    what: "the Redis of the counters is frozen (SIGSTOP) while 3,000 events arrive",
    alerts: ["SpoorConsumerLagGrows", "SpoorDependencyDown"],
    begin: async ({ projections, send }) => {
      projections.pause()
      await send(3_000)
    },
    keepUp: ({ send }) => send(100),
    end: async ({ projections }) => projections.resume()
  },
  {
    what: "the counter is frozen (SIGSTOP)",
    alerts: ["SpoorProcessUnreachable"],
    begin: async (world) => freeze(pidOf(world, "event-counter")),
    end: async (world) => unfreeze(pidOf(world, "event-counter"))
  },
  {
    what: "another program fills Redis up to its maxmemory",
    alerts: ["SpoorRedisMemoryNearLimit", "SpoorGatewayRefuses"],
    begin: fillRedis,
    end: async ({ redis }) => {
      await redis.config("SET", "maxmemory", "0")
      await redis.del("filler")
    }
  },
  {
    what: "a client sends invalid JSON",
    alerts: ["SpoorRequestsRejected"],
    begin: async () => {},
    keepUp: async ({ request }) => {
      const init = { method: "POST", headers: { "content-type": "application/json" }, body: '{"open":' }
      for (let n = 0; n < 20; n += 1) await request("/t/buy", init)
    },
    end: async () => {}
  },
  {
    what: "the gateway serves a certificate of 5 days, then one of 90",
    alerts: ["SpoorCertificateExpires"],
    begin: serveWith(5),
    end: serveWith(90)
  },
  {
    what: "the gateway serves a certificate of 2 days, then one of 90",
    alerts: ["SpoorCertificateExpiresNow"],
    begin: serveWith(2),
    end: serveWith(90)
  },
  {
    what: "a member with another protocol is in the counter's group, and the counter is started whenever it has ended",
    alerts: ["SpoorActorRestarts", "SpoorActorGivenUp"],
    begin: joinAsStranger,
    keepUp: restartCounter,
    end: async (world) => {
      await stranger?.disconnect()
      await world.start("event-counter").catch(() => undefined)
    }
  },
  {
    what: "the enricher is killed (SIGKILL) and started, again and again",
    alerts: ["SpoorProcessRestarts"],
    begin: async () => {},
    keepUp: async (world) => {
      await world.end("enricher", "SIGKILL")
      await world.start("enricher")
    },
    end: async () => {}
  }
]
