/** The size for people: a table of the actors, and sentences about Redis and Kafka. Pure. */
import { shortened } from "../../inspect/plain-text.ts"
import type { Demand, Size } from "./model.ts"

/** A whole number with separators. */
const whole = (value: number): string => Math.ceil(value).toLocaleString("en")

/** Bytes in the unit of 1,000 that fits, with one decimal below 10. */
export const bytesText = (bytes: number): string => {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"]
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  const value = bytes / 1000 ** power
  return `${value < 10 ? value.toFixed(1) : whole(value)} ${units[power]}`
}

/** Seconds as hours, minutes or seconds, whichever is exact enough. */
export const timeText = (seconds: number): string => {
  if (seconds >= 172_800) return `${Number((seconds / 86_400).toFixed(1))} days`
  if (seconds >= 3600) return `${Number((seconds / 3600).toFixed(1))} h`
  return seconds >= 60 ? `${Number((seconds / 60).toFixed(1))} min` : `${Number(seconds.toFixed(1))} s`
}

const line = (actor: string, pods: string, cores: string, memory: string): string =>
  `${shortened(actor, 18).padEnd(18)}${pods.padStart(5)}${cores.padStart(8)}${memory.padStart(17)}`

export const sizeText = (demand: Demand, { actors, redis, kafka, catchUp, warnings }: Size): string => {
  const pods = actors.reduce((all, one) => all + one.pods, 0)
  const cores = actors.reduce((all, one) => all + one.cores, 0)
  const memory = actors.reduce((all, one) => all + one.pods * one.memory, 0)
  return [
    `For ${whole(demand.perSecond)} events/s of ${whole(demand.bytes)} bytes at the highest:`,
    "",
    line("", "pods", "cores", "memory of a pod"),
    ...actors.map((one) => line(one.actor, String(one.pods), one.cores.toFixed(2), bytesText(one.memory))),
    line("all", String(pods), cores.toFixed(2), `${bytesText(memory)} in all`),
    "",
    `Redis   maxmemory ${bytesText(redis.maxmemory)}: ${whole(redis.lines)} lines wait after ${timeText(demand.outage)} without Kafka (${bytesText(redis.waiting)}).`,
    `        Memory ${bytesText(redis.memory)} (the append-only file is rewritten from a copy), disk ${bytesText(redis.disk)}.`,
    `        The backlog is gone about ${timeText(catchUp)} after the outage.`,
    `Kafka   disk ${bytesText(kafka.disk)} on all brokers together: ${timeText(demand.retention)}, ${demand.replication} replicas, ${whole(kafka.record)} bytes a record.`,
    `        ${kafka.partitions} partitions; ${whole(kafka.written)} records/s are written on all brokers together.`,
    "",
    "Cores are what the actors use at that rate; pods leave half of each core for catching up. The machines of Redis, NATS",
    "and Kafka come on top. deploy/README.md says how this is computed; --json names the benchmark of each cost.",
    ...warnings.map((warning) => `\nNOTE: ${warning}`)
  ].join("\n")
}
