/**
 * The responders that the benchmark `kits` compares: our enricher and step, and those of the kits in other languages. To
 * add one, add a row: its program serves `spoor.enrich.2` or `spoor.step.score` on the NATS in NATS_URL, and prints the
 * banner of our processes.
 */
import { enrichers } from "../faults/enrichers.ts"
import { goCommands } from "../support/go-kit.ts"
import { spoorKit } from "../support/python-kit.ts"

export interface Responder {
  readonly name: string
  /** The conversation that it answers. */
  readonly answers: "enrich" | "step"
  /** Builds or installs what the command needs; returns the command's words, run in the project's root. */
  readonly command: () => Promise<ReadonlyArray<string>>
}

const bun = process.execPath

export const responders: ReadonlyArray<Responder> = [
  {
    name: "enricher, ours",
    answers: "enrich",
    command: async () => [bun, "actors/commands/actor.ts", "enricher"]
  },
  {
    name: "enricher, Python",
    answers: "enrich",
    command: async () => (await enrichers.python.prepare()).healthy
  },
  {
    name: "enricher, Go",
    answers: "enrich",
    command: async () => (await enrichers.go.prepare()).healthy
  },
  {
    name: "step score, ours",
    answers: "step",
    command: async () => [bun, "test/bench/servers/score-step.ts"]
  },
  {
    name: "step score, Python",
    answers: "step",
    command: async () => [(await spoorKit()).python, "-m", "spoor_kit.steps.score"]
  },
  {
    name: "step score, Go",
    answers: "step",
    command: async () => [(await goCommands())("score-step")]
  }
]
