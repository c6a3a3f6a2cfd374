/**
 * The command `dead-letters`: list, show, replay (also edited, or as a dry run) and discard what was set aside, on
 * every queue server. Does one thing and ends.
 */
import { Context, Effect, Layer } from "effect"
import { IngestQueue } from "../../bridge/ingest-queue/service.ts"
import { kafkaKeyParam } from "../../bridge/settings.ts"
import { geoIp, ingestQueue } from "../runtime/dependencies.ts"
import { topicSettings } from "../transform/topics.ts"
import { discard, list, replay, show } from "./dead-letters/operations.ts"
import { readArguments } from "./dead-letters/options.ts"
import { runCommand } from "./run-command.ts"

const usage = `usage: dead-letters list [filters] [--limit N] [--cursor PLACE] [--json]
       dead-letters show <id> [--json]
       dead-letters replay <id …> [--line TEXT | --line-file FILE] [--dry-run] [--force] [--json]
       dead-letters replay --all [filters] [--dry-run] [--force] [--json]
       dead-letters discard <id …>
       dead-letters discard --all [filters] --yes

A dead letter is known by its event's id; one that another program wrote, by raw- and 12 hex digits. A list shows the
newest first. To replay is to push the line again: it goes the normal way, with a new id, and what cannot be stored
comes back with the reason. A line that came back three times within a week is replayed only with --force.
filters:
  --reason R   why it was set aside, such as "no path"
  --stage S    who set it aside: drainer, enricher or bridge
  --topic T    where it was on its way to
  --text X     stands somewhere in the line, in upper or lower case
  --since T, --until T   when it was set aside: 2026-11-20T18:00 (UTC), or how long ago: 30s, 10m, 2h, 7d
others:
  --line TEXT, --line-file FILE   replay this line instead: as shown, \\xNN for a byte, \\\\ for a backslash
  --dry-run    say what would become of the line, and send nothing
  --json       JSON, one line for each letter
Exit code 0 when all was done (dry run: when all would be stored), else 1.`

await runCommand({
  usage,
  settings: [...ingestQueue.settings, ...topicSettings, ...geoIp.settings, kafkaKeyParam],
  read: () => {
    const asked = readArguments(process.argv.slice(2), Date.now())
    if (asked.verb === "help") return "help"
    return Effect.gen(function* () {
      const { sources } = Context.get(yield* Layer.build(ingestQueue.layer), IngestQueue)
      switch (asked.verb) {
        case "list":
          return yield* list(sources, asked)
        case "show":
          return yield* show(sources, asked)
        case "replay":
          return yield* replay(sources, asked)
        case "discard":
          return yield* discard(sources, asked)
      }
    })
  }
})
