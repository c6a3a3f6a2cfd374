/**
 * 39: Redis and NATS suddenly refuse the login (a password was changed), and accept it again. Each process logs the lost
 * connection, its cause and the reconnection once, however often it has tried.
 */
import { atRandomMoments, eventually, faultCase, pause, prove } from "../case.ts"
import type { World } from "../world.ts"

/** Duration of the refusal, ms: long enough for several attempts of every process. */
const refusalMs = 4_000

interface Server {
  readonly name: "Redis" | "NATS"
  /** The actors that use it all the time. */
  readonly users: ReadonlyArray<string>
  readonly refuse: (world: World) => Promise<unknown>
  readonly accept: (world: World) => Promise<unknown>
}

const servers: ReadonlyArray<Server> = [
  {
    name: "Redis",
    users: ["gateway", "drainer"],
    refuse: async ({ queue: { redis } }) => {
      await redis.config("SET", "requirepass", "another")
      // Open connections stay open, so Spoor's connections are cut, but not the harness's.
      for (const [, id = ""] of String(await redis.client("LIST")).matchAll(/^id=(\d+) .*\bname=spoor\b/gm))
        await redis.client("KILL", "ID", Number(id))
    },
    accept: ({ queue: { redis } }) => redis.config("SET", "requirepass", "")
  },
  {
    name: "NATS",
    users: ["drainer", "enricher", "bridge"],
    refuse: ({ nats }) => nats.reload('authorization { user: "spoor", password: "another" }'),
    accept: ({ nats }) => nats.reload("")
  }
]

export default faultCase({
  number: "39",
  name: "Redis and NATS refuse the login",
  expects: { answers: ["503"], answersWithin: 2_000, twins: true },
  fault: async (world, random) => {
    let [refusals, maxLines] = [0, 0]
    await atRandomMoments(world, random, async (round) => {
      const { name, users, refuse, accept } = servers[round % servers.length] as Server
      const count = (user: string, line: RegExp): number =>
        world.actor(user).output().match(line)?.length ?? 0
      const all = (line: RegExp) => users.map((user) => count(user, line))
      const lost = new RegExp(`(Lost|No connection to) ${name} at `, "g")
      const refused = new RegExp(`${name} at [^"]*it refuses the login`, "g")
      const connected = new RegExp(`${name} at [^"]* works again after`, "g")
      const before = { lost: all(lost), refused: all(refused), connected: all(connected) }

      await refuse(world)
      await eventually(`all actors report that ${name} refuses the login`, () =>
        all(refused).every((now, i) => now > (before.refused[i] ?? 0))
      )
      await pause(refusalMs)
      prove(
        all(connected).every((now, i) => now === before.connected[i]),
        `connected to a ${name} that refuses the login`
      )
      const lossLines = all(lost).map((now, i) => now - (before.lost[i] ?? 0))
      prove(Math.max(...lossLines) <= 2, `${users} logged ${lossLines} times that ${name} is lost`)
      maxLines = Math.max(maxLines, ...lossLines)

      await accept(world)
      await eventually(`all actors are connected to ${name} again`, () =>
        all(connected).every((now, i) => now === (before.connected[i] ?? 0) + 1)
      )
      for (const user of users) {
        const failures = [
          ...world
            .actor(user)
            .output()
            .matchAll(/ and (\d+) failures/g)
        ].at(-1)?.[1]
        refusals += Number(failures ?? 0)
      }
      await world.passLeases()
    })
    prove(refusals > 2 * world.moments, `there were only ${refusals} attempts to log in`)
    return `${refusals} attempts to log in were refused in ${world.moments} rounds; no process logged more than ${maxLines} lines about a round`
  }
})
