/**
 * The event counters that the harness can put into a world: ours, and that of the kit in Go. A row says how it is
 * started; its program reads the topics as the group `spoor-event-counter`, keeps the tables of our event-counter in Redis
 * with its fences (bridge/projection-store), and prints the banner of our processes. To add a language, add a row.
 */
import { goCommands } from "../support/go-kit.ts"

export interface CounterCommand {
  /** How results name it; undefined for ours. */
  readonly label?: string
  /** The command's words, run in the project's root; undefined: the actor of this tree. */
  readonly command: ReadonlyArray<string> | undefined
}

interface CounterRow {
  /** Builds what the command needs, if it is not there yet; fails with a sentence on what is missing. */
  readonly prepare: () => Promise<CounterCommand>
}

export const counters = {
  ours: { prepare: async () => ({ command: undefined }) },
  go: { prepare: async () => ({ label: "Go", command: [(await goCommands())("event-counter")] }) }
} as const satisfies Record<string, CounterRow>

export type CounterName = keyof typeof counters
export const counterNames = Object.keys(counters) as ReadonlyArray<CounterName>
