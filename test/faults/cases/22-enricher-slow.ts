/**
 * 22: the enricher gets a tenth of a processor while 100 MB wait in Redis. The bytes in flight stay bounded, no memory
 * grows with the backlog, and NATS does not disconnect the enricher as a slow consumer.
 */
import { execFileSync } from "node:child_process"
import { faultCase, pause, prove } from "../case.ts"
import { lineOfSize } from "../extra-lines.ts"
import { natsFigures } from "../nats-figures.ts"
import type { World } from "../world.ts"

const megabyte = 1024 * 1024
const backlog = 100 * megabyte
const lineSize = 2_048
/** Maximum bytes in flight: eight batches of a drainer, each of 256 KB and the lengths of its lines. */
const maxBytesInFlight = 8 * (megabyte / 4 + 8_192)

/** Resident memory of drainer and enricher together, bytes. */
const memory = (world: World): number =>
  ["drainer", "enricher"].reduce((sum, name) => {
    const text = execFileSync("ps", ["-o", "rss=", "-p", String(world.actor(name).pid())])
    return sum + Number(text) * 1024
  }, 0)

/** Rounds until the memory of a process is steady, and its maximum growth after that, bytes. */
const warmAfter = 8
const maxGrowthBytes = 64 * megabyte

const mean = (numbers: ReadonlyArray<number>): number =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length

/** Size of the claimed batches that a drainer owns, bytes. */
const inFlight = async ({ queue, queueKey }: World): Promise<number> => {
  const owned = Array.from(await queue.attempts()).flatMap(([batch, { isOwned }]) => (isOwned ? [batch] : []))
  const sizes = owned.map((batch) => queue.redis.hstrlen(`{${queueKey}}:claimed`, batch))
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

export default faultCase({
  number: "22",
  name: "enricher slow (90 % of the time it stands still)",
  fault: async (world) => {
    await world.group("drainer").scale(0)
    for (let pushed = 0; pushed < backlog; pushed += 1_500 * lineSize)
      await world.load.push(1_500, lineOfSize(lineSize))
    await world.group("drainer").scale(1)

    const enricher = world.actor("enricher")
    const before = await natsFigures(world)
    const seen = { inFlight: 0, pending: 0, memory: [] as number[] }
    let waiting = 0
    do {
      enricher.freeze()
      await pause(450)
      const [bytes, { pending }] = await Promise.all([inFlight(world), natsFigures(world)])
      seen.inFlight = Math.max(seen.inFlight, bytes)
      seen.pending = Math.max(seen.pending, pending)
      seen.memory.push(memory(world))
      enricher.thaw()
      await pause(50)
      waiting = (await world.queue.depth()).waiting
    } while (waiting > world.load.rate && seen.memory.length < 240)

    const { connections, slowConsumers } = await natsFigures(world)
    const rounds = seen.memory.length
    prove(rounds > 2 * warmAfter, `it took ${rounds} rounds only: the enricher was not slow`)
    const warm = seen.memory.slice(warmAfter)
    const grown = mean(warm.slice(warm.length / 2)) - mean(warm.slice(0, warm.length / 2))
    prove(seen.inFlight > 0 && seen.inFlight <= maxBytesInFlight, `${seen.inFlight} bytes were in flight`)
    prove(seen.pending <= 2 * maxBytesInFlight, `${seen.pending} bytes waited in NATS`)
    prove(slowConsumers === 0 && connections === before.connections, "NATS has closed a connection")
    prove(grown < maxGrowthBytes, `memory grew by ${grown} bytes`)
    const kilobytes = (bytes: number): string => `${Math.round(bytes / 1024)} KB`
    return `it took ${rounds} rounds of half a second; never more than ${kilobytes(seen.inFlight)} of 100 MB were in flight and ${kilobytes(seen.pending)} waited in NATS, drainer and enricher together took ${Math.round(Math.max(...warm) / megabyte)} MB at most and in the second half ${Math.round(grown / megabyte)} MB more than in the first, no connection was cut`
  }
})
