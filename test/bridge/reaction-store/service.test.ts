/** The store of reactions on Redis, on a Redis Cluster and in a file, against the same contract. */
import { describe } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { sqliteReactionStore } from "../../../bridge/reaction-store/sqlite/store.ts"
import { reactionContract } from "./contract.ts"

describe("in a file", () =>
  reactionContract(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "spoor-reactions-"))),
      (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
    ).pipe(Effect.map((directory) => (horizon) => sqliteReactionStore(directory, horizon)))
  ))
