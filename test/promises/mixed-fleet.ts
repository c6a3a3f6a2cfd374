/**
 * A pipeline of two versions: two drainers, two enrichers and two bridges, each from this tree or from the last release,
 * which are replaced one at a time while events flow. Lives until its cluster stops.
 */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import type { Cluster } from "../support/cluster.ts"
import { eventually } from "../support/eventually.ts"
import type { ReleaseTree } from "../support/last-release.ts"
import type { Spoor } from "../support/spoor.ts"

export const versions = ["old", "new"] as const
export type Version = (typeof versions)[number]
export const otherOf = (version: Version): Version => (version === "old" ? "new" : "old")

export const groups = ["drainer", "enricher", "bridge"] as const
export type Group = (typeof groups)[number]

export interface Member {
  readonly actor: string
  readonly version: Version
  readonly spoor: Spoor
}

export interface Fleet {
  readonly start: (actor: string, version: Version) => Promise<Member>
  /** Starts an instance of that version, then stops the oldest one of the other version, which must exit with 0. */
  readonly replace: (group: Group, version: Version) => Promise<Member>
  readonly members: () => ReadonlyArray<Member>
  /** What any process of the fleet, also a stopped one, has written. */
  readonly outputs: () => ReadonlyArray<string>
}

export const makeFleet = (cluster: Cluster, release: ReleaseTree): Fleet => {
  const command = release.path("actors/commands/actor.ts")
  const all: Array<Member> = []
  let running: ReadonlyArray<Member> = []
  const start = async (actor: string, version: Version): Promise<Member> => {
    const spoor = await (version === "old" ? cluster.startFrom(command, actor) : cluster.start(actor))
    const member = { actor, version, spoor }
    all.push(member)
    running = [...running, member]
    return member
  }
  return {
    start,
    replace: async (group, version) => {
      const member = await start(group, version)
      const leaving = running.find((one) => one.actor === group && one.version !== version)
      running = running.filter((one) => one !== leaving)
      const code = await leaving?.spoor.end()
      if (code !== 0) throw new Error(`${leaving?.version} ${group} exited with ${code}`)
      return member
    },
    members: () => running,
    outputs: () => all.map(({ spoor }) => spoor.output())
  }
}

/** Events that the actor of this process has handled successfully, from its metrics. */
const succeededIn = async ({ actor, spoor }: Member): Promise<number> => {
  const text = await (await fetch(new URL("/metrics", spoor.address("health")))).text()
  const line = new RegExp(
    `^spoor_actor_events_total\\{(?=.*actor="${actor}")(?=.*outcome="succeeded").*\\} (\\d+)`,
    "m"
  )
  return Number(line.exec(text)?.[1] ?? 0)
}

/** Waits until this process has handled so many more events. */
export const handles = async (member: Member, events: number): Promise<void> => {
  const before = await succeededIn(member)
  await eventually(
    `the ${member.version} ${member.actor} handles ${events} events`,
    async () => (await succeededIn(member)) >= before + events,
    40_000,
    100
  )
}

/** Lines about batches that an actor could not read, or about replies that no receipt was in. */
export const unreadableIn = (outputs: ReadonlyArray<string>): ReadonlyArray<string> =>
  outputs.flatMap((output) =>
    output.split("\n").filter((line) => /"reason":"unreadable"|unusable|unreadable/.test(line))
  )

/** The totals of the command `ledger`, and whether it balances. */
export const ledgerOf = async (cluster: Cluster) => {
  const command = join(import.meta.dirname, "..", "..", "actors", "commands", "ledger.ts")
  const { stdout } = await promisify(execFile)(process.execPath, [command, "--json"], {
    env: { ...process.env, ...cluster.settings }
  })
  const { total, balanced } = JSON.parse(stdout) as {
    readonly total: Readonly<Record<"received" | "stored" | "dead" | "waiting" | "inFlight", number>>
    readonly balanced: boolean
  }
  return { ...total, balanced }
}
