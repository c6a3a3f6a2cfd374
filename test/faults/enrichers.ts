/**
 * The enrichers that the harness can put into a world: ours, and those of the kits in other languages. A row says how an
 * enricher is started as it is and how it is started with the simulated bug of the cases 36 and 37. To add a language,
 * add a row; its program
 * - is configured by NATS_URL, OPS_HOST, OPS_PORT and DRAIN_DELAY, and logs JSON lines;
 * - prints the banner of our processes when it serves: `{"message":"Spoor is running: enricher","health":"<its URL>"}`;
 * - in its poisoned form throws, kills its process or hangs when it is about to ask a bridge to store records that contain
 *   `poison=throws!`, `poison=kills!` or `poison=hangs!` (poison.ts). That form is a program of the tests, not of the kit.
 *
 * The oracle checks the same of each: event and params byte for byte, the header `id`, each event once, the ledger, and
 * the pairs of the meta part that follow from the line (ip, ts, host, pod). It checks no device and no place.
 */
import { goCommands } from "../support/go-kit.ts"
import { spoorKit } from "../support/python-kit.ts"

/** A command's words, run in the project's root. */
type Command = ReadonlyArray<string>

export interface EnricherCommands {
  /** How results name it; undefined for ours. */
  readonly label?: string
  /** Undefined: the actor of this tree. */
  readonly healthy: Command | undefined
  readonly poisoned: Command
}

interface EnricherRow {
  /** Builds or installs what the commands need, if it is not there yet; fails with a sentence on what is missing. */
  readonly prepare: () => Promise<EnricherCommands>
}

export const enrichers = {
  ours: {
    prepare: async () => ({
      healthy: undefined,
      poisoned: [process.execPath, "test/faults/poisoned-enricher.ts", "enricher"]
    })
  },
  python: {
    prepare: async () => {
      const { python } = await spoorKit()
      return {
        label: "Python",
        healthy: [python, "-m", "spoor_kit.enricher"],
        poisoned: [python, "test/faults/poisoned_enricher.py"]
      }
    }
  },
  go: {
    prepare: async () => {
      const command = await goCommands()
      return {
        label: "Go",
        healthy: [command("enricher")],
        poisoned: [command("poisonedenricher")]
      }
    }
  }
} as const satisfies Record<string, EnricherRow>

export type EnricherName = keyof typeof enrichers
export const enricherNames = Object.keys(enrichers) as ReadonlyArray<EnricherName>
