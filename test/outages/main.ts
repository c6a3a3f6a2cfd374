/**
 * Counts the log lines of an outage, `bun run outages`: every server is killed (SIGKILL) and frozen (SIGSTOP) in turn while
 * events arrive, and each process that notices must log one line about it when it begins and one when it is over. Prints a table;
 * exit code 1 when a process logged more or less. Names as arguments: only these, such as `kafka` or `kill`.
 */
import { eventually } from "../support/eventually.ts"
import { stopServers } from "../support/server.ts"
import { startWorld, type Victim, type World } from "./world.ts"

/** How long a server is away, milliseconds: longer than NATS takes to notice. */
const outageMs = 20_000

/** How long the end of an outage may take, milliseconds. */
const endsWithinMs = 90_000

/** Lines that come later would be one too many. */
const quietMs = 6_000

interface Lines {
  readonly begin: ReadonlyArray<string>
  readonly end: ReadonlyArray<string>
}

const print = (text: string): void => void process.stdout.write(`${text}\n`)

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Lines about another server are not counted: on a busy machine that may have an outage of its own. */
const isAbout = ({ address }: Victim, world: World, line: string): boolean =>
  line.includes(address) || !world.victims.some((other) => line.includes(other.address))

const linesAfter = (
  world: World,
  victim: Victim,
  marks: ReadonlyMap<string, number>
): ReadonlyMap<string, Lines> =>
  new Map(
    Array.from(world.actors, ([name, actor]) => {
      const all = actor.output().slice(marks.get(name)).split("\n")
      const lines = all.filter((line) => isAbout(victim, world, line))
      const begin = lines.filter((line) => /"level":"(WARN|ERROR)"/.test(line))
      return [name, { begin, end: lines.filter((line) => / again after \d+ s and /.test(line)) }]
    })
  )

/** Why the lines are not one of each; undefined when they are. */
const wrongIn = ({ seenBy }: Victim, lines: ReadonlyMap<string, Lines>): string | undefined => {
  for (const [name, { begin, end }] of lines) {
    const isExpected = begin.length === 1 || (begin.length === 0 && !seenBy.includes(name))
    if (!isExpected || end.length !== begin.length)
      return `${name}: ${begin.length} and ${end.length}\n${[...begin, ...end].join("\n")}`
  }
  return undefined
}

/** Runs one outage; returns a row of the table, and what is wrong. */
const runOutage = async (world: World, victim: Victim, how: "killed" | "frozen") => {
  const marks = new Map(Array.from(world.actors, ([name, actor]) => [name, actor.output().length]))
  await (how === "killed" ? victim.kill() : victim.pause())
  await pause(outageMs)
  await (how === "killed" ? victim.start() : victim.resume())
  await eventually(
    "every outage is over",
    () => wrongIn(victim, linesAfter(world, victim, marks)) === undefined,
    endsWithinMs,
    250
  ).catch(() => undefined)
  await pause(quietMs)
  const lines = linesAfter(world, victim, marks)
  const counts = Array.from(lines, ([name, { begin, end }]) => `${name} ${begin.length}+${end.length}`)
  const failures = Array.from(lines.values(), ({ end }) =>
    Number(/and (\d+) failures?/.exec(end[0] ?? "")?.[1] ?? 0)
  )
  const row = `| ${victim.name} ${how} | ${counts.join(", ")} | ${failures.reduce((sum, one) => sum + one, 0)} |`
  return { row, wrong: wrongIn(victim, lines) }
}

const world = await startWorld()
if (world === undefined) {
  print("There is neither Java nor Maven for a Kafka of this run's own.")
  process.exit(1)
}
print("| outage | lines at begin + end | failures between |\n| --- | --- | --- |")
await pause(5_000)
let failed = 0
for (const victim of world.victims) {
  for (const how of ["killed", "frozen"] as const) {
    const isWanted = process.argv
      .slice(2)
      .every((name) => `${victim.name} ${how}`.toLowerCase().includes(name))
    if (!isWanted) continue
    const { row, wrong } = await runOutage(world, victim, how)
    print(row)
    if (wrong === undefined) continue
    failed += 1
    print(`\n${wrong}\n`)
  }
}
await world.end()
await stopServers()
process.exit(failed === 0 ? 0 : 1)
