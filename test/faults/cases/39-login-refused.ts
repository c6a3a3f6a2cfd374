/**
 * 39: Redis and NATS refuse the login from one moment to the next (a password was changed), and accept it again. Each
 * process says once that the connection was lost, once why, and once that it is there again, however often it has tried.
 */
import { atRandomMoments, eventually, faultCase, pause, prove } from "../case.ts"
import type { World } from "../world.ts"

/** Long enough for every process to be refused several times. */
const refusedFor = 4_000

interface Server {
  readonly name: "Redis" | "NATS"
  /** Those that use it all the time. */
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
      // Who is connected stays so: only Spoor's own connections are cut, and not the harness's.
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
    let [refusals, most] = [0, 0]
    await atRandomMoments(world, random, async (round) => {
      const { name, users, refuse, accept } = servers[round % servers.length] as Server
      const count = (user: string, line: RegExp): number =>
        world.actor(user).output().match(line)?.length ?? 0
      const all = (line: RegExp) => users.map((user) => count(user, line))
      const lost = new RegExp(`(Lost|No connection to) ${name} at `, "g")
      const refused = new RegExp(`${name} at [^"]*it refuses the login`, "g")
      const connected = new RegExp(`Connected to ${name} at [^"]* failures`, "g")
      const before = { lost: all(lost), refused: all(refused), connected: all(connected) }

      await refuse(world)
      await eventually(`everyone says that ${name} refuses the login`, () =>
        all(refused).every((now, i) => now > (before.refused[i] ?? 0))
      )
      await pause(refusedFor)
      prove(
        all(connected).every((now, i) => now === before.connected[i]),
        `connected to a ${name} that refuses the login`
      )
      const said = all(lost).map((now, i) => now - (before.lost[i] ?? 0))
      prove(Math.max(...said) <= 2, `${users} said ${said} times that ${name} is lost`)
      most = Math.max(most, ...said)

      await accept(world)
      await eventually(`everyone is connected to ${name} again`, () =>
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
    return `${refusals} attempts to log in were refused in ${world.moments} rounds; no process said more than ${most} lines about one`
  }
})
