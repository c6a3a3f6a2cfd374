/** The table of metrics in deploy/README.md: every series with its kind, who exports it, and its description as the sources declare it. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const declared =
  /Metric\.(counter|gauge|histogram)\("((?:spoor|process)_\w+)",\s*\{\s*description:\s*"([^"]+)"/g

export interface Series {
  readonly name: string
  readonly kind: string
  readonly description: string
}

const everyProcess = "every process"
const leaseHolder = "the drainer with the figures' lease; the others 0"

/** Who exports the series whose names begin so; the longest beginning counts. */
const exporters: Readonly<Record<string, string>> = {
  spoor_build_info: everyProcess,
  process_: everyProcess,
  spoor_actor_: "every process, its actors",
  spoor_bus_: everyProcess,
  spoor_consumer_: "the member of the group that owns the partition; 0 after it has lost it",
  spoor_copies_: "drainers, enrichers and bridges",
  spoor_dead_letters_: "the drainer that wrote it",
  spoor_deliveries_: "deliverers",
  spoor_delivery_: "deliverers",
  spoor_dependency_: everyProcess,
  spoor_enrich_step_: "enrichers with `ENRICH_STEPS`",
  spoor_gateway_: "gateways",
  spoor_keyed_: "keyed actors",
  spoor_ledger_: leaseHolder,
  spoor_log_: "processes that use Kafka",
  spoor_queue_: leaseHolder,
  spoor_queue_expired_leases_total: "the drainer that took the batch over",
  spoor_queue_figures_failures_total: "every drainer",
  spoor_reaction_: "reactors and deliverers, each for the whole store: use `max`",
  spoor_reactions_: "reactors and deliverers, each for the whole store: use `max`",
  spoor_reactor_: "reactors",
  spoor_reloads_: "processes that reload",
  spoor_stored_delay_: "bridges",
  spoor_tls_: "gateways with `TLS_CERT`"
}

/** Who exports the series; undefined for one that nobody has entered above. */
export const exporterOf = (name: string): string | undefined => {
  const [longest] = Object.keys(exporters)
    .filter((beginning) => name.startsWith(beginning))
    .sort((a, b) => b.length - a.length)
  return longest === undefined ? undefined : exporters[longest]
}

/** Every series, ordered by name. */
export const allSeries = (): ReadonlyArray<Series> =>
  ["actors", "bridge", "gateway"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .flatMap((name) => [...readFileSync(join(root, folder, name), "utf8").matchAll(declared)])
    )
    .map(([, kind = "", name = "", description = ""]) => ({ name, kind, description }))
    .sort((a, b) => a.name.localeCompare(b.name))

export const seriesTable = (): string =>
  [
    "| series | kind | exported by | meaning |",
    "| --- | --- | --- | --- |",
    ...allSeries().map(
      ({ name, kind, description }) =>
        `| \`${name}\` | ${kind} | ${exporterOf(name) ?? ""} | ${description} |`
    )
  ].join("\n")
