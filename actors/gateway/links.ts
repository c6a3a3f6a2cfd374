/** Adapts campaign links to the gateway's app: the store's results as promises, and the enricher's detection of platforms. */
import { Effect, type Redacted, type Scope } from "effect"
import { CampaignLinks } from "../../bridge/campaign-links/service.ts"
import { rememberDevices } from "../../bridge/user-agent/device.ts"
import { readTarget, schemesOf } from "../../contracts/link-target.ts"
import { readAll, type Setting } from "../../contracts/setting.ts"
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
    const { linkSchemes, notFoundUrl, linksDialect } = yield* readAll(linkSettings)
    const run = Effect.runPromiseWith(yield* Effect.context<never>())

    const token = yield* currentSecret(linkSettings.linksToken)
    const secret = yield* currentSecret(linkSettings.linksSecret)
    if ((token ?? secret) !== undefined && !topics.all.includes(clicks)) {
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
        ...{ token, secret, dialect: linksDialect },
        schemes: linkSchemes,
        notFoundUrl: notFoundUrl === undefined ? undefined : readTarget(notFoundUrl, schemesOf("")).href
      },
      now: () => performance.now()
    }
  }
)

/** The secret of the moment; undefined while its API is off, which only a restart changes. */
const currentSecret = (setting: Setting<Redacted.Redacted<string> | undefined>) =>
  Effect.map(replaceableSecret(setting), ({ value }) =>
    value() === undefined ? undefined : () => value() ?? ""
  )
