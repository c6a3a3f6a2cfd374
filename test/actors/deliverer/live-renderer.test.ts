/** A secret that is replaced while the deliverer runs: the new one is sent, and neither is shown. */
import { expect, test } from "bun:test"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { makeLiveRenderer } from "../../../actors/deliverer/live-renderer.ts"
import { eventually } from "../../support/eventually.ts"
import { folder } from "./world.ts"

test("a target that repeats the secret of before does not show it", () =>
  Effect.gen(function* () {
    const path = join(yield* folder, "secret")
    writeFileSync(path, "the-old-one")
    process.env.RULES_SECRET_REPLACED_FILE = path
    yield* Effect.addFinalizer(() => Effect.sync(() => delete process.env.RULES_SECRET_REPLACED_FILE))
    const live = yield* makeLiveRenderer
    writeFileSync(path, "the-new-one")
    yield* Effect.promise(() => eventually("it is replaced", () => live.secret("REPLACED") === "the-new-one"))
    expect(live.current().mask("the-new-one, the-old-one")).toBe("•••, •••")
  }).pipe(Effect.scoped, Effect.runPromise))
