/** Adapts campaign links to the gateway's app: the store's results as promises, and the enricher's detection of platforms. */
import { Effect, type Scope } from "effect"
import { CampaignLinks } from "../../bridge/campaign-links/service.ts"
import { rememberDevices } from "../../bridge/user-agent/device.ts"
import { readTarget, schemesOf } from "../../contracts/link-target.ts"
import { readAll } from "../../contracts/setting.ts"
import { clicks } from "../../gateway/links/click.ts"
import type { LinkOptions } from "../../gateway/links/routes.ts"
import { linkSettings } from "../../gateway/links/settings.ts"
import type { StartFailure } from "../runtime/actor.ts"
import { replaceableSecret } from "../runtime/replaceable-secret.ts"
import { readTopics, topicSettings } from "../transform/topics.ts"

/** The settings that `makeLinks` reads. */
export const linksSettings = [...Object.values(linkSettings), ...topicSettings]

/** Fails with one sentence for invalid settings. */
export const makeLinks: Effect.Effect<LinkOptions, StartFailure, CampaignLinks | Scope.Scope> = Effect.gen(
  function* () {
    const links = yield* CampaignLinks
    const topics = yield* readTopics
    const { linkSchemes, notFoundUrl } = yield* readAll(linkSettings)
    const run = Effect.runPromiseWith(yield* Effect.context<never>())

    const token = yield* currentToken
    if (token !== undefined && !topics.all.includes(clicks)) {
      yield* Effect.logWarning(
        `Clicks are stored in the topic ${topics.standard}. Add clicks to KAFKA_TOPICS to store them in a topic of their own.`
      )
    }

    const deviceOf = rememberDevices()
    return {
      store: {
        put: (link) => run(links.put(link)),
        get: (id) => run(links.get(id)),
        list: (after, limit) => run(links.list(after, limit)),
        remove: (id) => run(links.remove(id))
      },
      platformOf: (userAgent) => deviceOf(userAgent).os.toLowerCase(),
      settings: {
        token,
        schemes: linkSchemes,
        notFoundUrl: notFoundUrl === undefined ? undefined : readTarget(notFoundUrl, schemesOf("")).href
      },
      now: () => performance.now()
    }
  }
)

/** The token of the moment; undefined while the API is off, which only a restart changes. */
const currentToken = Effect.gen(function* () {
  const { value } = yield* replaceableSecret(linkSettings.linksToken)
  return value() === undefined ? undefined : () => value() ?? ""
})
