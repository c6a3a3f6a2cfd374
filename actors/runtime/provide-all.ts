/** Builds the services that the actors of a process, or of a test, require. They live as long as the scope. */
import { type Context, Effect, Layer } from "effect"
import type { StartFailure } from "./actor.ts"
import type { Requirement } from "./dependencies.ts"

/** The context of all these services, each built once; fails as the first that cannot be built. */
export const provideAll = (requires: ReadonlyArray<Requirement<never>>) =>
  Effect.map(
    Layer.build(
      requires
        .map((requirement) => requirement.layer as Layer.Layer<never, StartFailure>)
        .reduce((all, one) => Layer.merge(all, one))
    ),
    (context): Context.Context<never> => context
  )
