/** Adapts campaign links to the gateway's app: the store's results as promises, and the enricher's detection of platforms. */
import { Cause, Effect, Exit, Redacted } from "effect"
import { CampaignLinks } from "../../bridge/campaign-links/service.ts"
import { rememberDevices } from "../../bridge/user-agent/device.ts"
import type { Failure } from "../../contracts/failure.ts"
import { readTarget, schemesOf } from "../../contracts/link-target.ts"
import { readAll } from "../../contracts/setting.ts"
import { clicks } from "../../gateway/links/click.ts"
import type { LinkOptions } from "../../gateway/links/routes.ts"
import { linkSettings } from "../../gateway/links/settings.ts"
import type { StartFailure } from "../runtime/actor.ts"
import { readTopics, topicSettings } from "../transform/topics.ts"

/** The settings that `makeLinks` reads. */
export const linksSettings = [...Object.values(linkSettings), ...topicSettings]

/** Fails with one sentence for invalid settings. */
export const makeLinks: Effect.Effect<LinkOptions, StartFailure, CampaignLinks> = Effect.gen(function* () {
  const links = yield* CampaignLinks
  const topics = yield* readTopics
  const { linksToken, linkSchemes, notFoundUrl } = yield* readAll(linkSettings)
  const run = Effect.runPromiseExitWith(yield* Effect.context<never>())

  const promised = async <A>(effect: Effect.Effect<A, Failure>): Promise<A> => {
    const exit = await run(effect)
    if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
    return exit.value
  }

  const token = linksToken === undefined ? undefined : Redacted.value(linksToken) || undefined
  if (token !== undefined && !topics.all.includes(clicks)) {
    yield* Effect.logWarning(
      `Clicks are stored in the topic ${topics.standard}. Add clicks to KAFKA_TOPICS to store them in a topic of their own.`
    )
  }

  const deviceOf = rememberDevices()
  return {
    store: {
      put: (link) => promised(links.put(link)),
      get: (id) => promised(links.get(id)),
      list: (after, limit) => promised(links.list(after, limit)),
      remove: (id) => promised(links.remove(id))
    },
    platformOf: (userAgent) => deviceOf(userAgent).os.toLowerCase(),
    settings: {
      token,
      schemes: linkSchemes,
      notFoundUrl: notFoundUrl === undefined ? undefined : readTarget(notFoundUrl, schemesOf("")).href
    },
    now: () => performance.now()
  }
})
