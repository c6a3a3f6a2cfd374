/** The Redis servers that actors use, each once, with the commands that they run there. Reads settings only. */
import { Effect, Redacted } from "effect"
import { readLinksSettings } from "../../../bridge/campaign-links/layer.ts"
import type { Finding } from "../../../bridge/finding.ts"
import { readQueueSettings } from "../../../bridge/ingest-queue/layer.ts"
import { inspectDurability } from "../../../bridge/ingest-queue/redis/inspect.ts"
import { queueKeys } from "../../../bridge/ingest-queue/redis/keys.ts"
import { readProjectionSettings } from "../../../bridge/projection-store/layer.ts"
import type { ConnectOptions, RedisConnection } from "../../../bridge/redis/connection.ts"
import type { Command } from "../../../bridge/redis/types.ts"
import { readAll } from "../../../contracts/setting.ts"
import { rateLimitShared } from "../../../gateway/guard/settings.ts"
import { linksToken } from "../../../gateway/links/settings.ts"
import { visitorId } from "../../../gateway/privacy/settings.ts"
import { actorNames } from "../../all.ts"
import type { Actor } from "../../runtime/actor.ts"
import {
  campaignLinks,
  deviceMappings,
  ingestQueue,
  projectionStore,
  type Requirement,
  reactionStore
} from "../../runtime/dependencies.ts"
import * as Commands from "./redis-commands.ts"

/** A server, and what is asked of it. */
export interface RedisTarget {
  readonly url: Redacted.Redacted<string>
  readonly needs: Array<Command>
  readonly wishes: Array<Command>
  readonly tls: ConnectOptions["tls"]
  /** Inspects the durability, where the server holds a queue. */
  more: (connection: RedisConnection) => Effect.Effect<ReadonlyArray<Finding>>
}

/** `working`: the services whose settings can work; others are left out. */
export const redisServers = Effect.fnUntraced(function* (
  actors: ReadonlyArray<Actor>,
  working: ReadonlyArray<Requirement<never>>
) {
  const targets = new Map<string, RedisTarget>()
  const targetOf = (url: Redacted.Redacted<string>, tls: ConnectOptions["tls"]): RedisTarget => {
    const found = targets.get(Redacted.value(url)) ?? {
      url,
      needs: [],
      wishes: [],
      tls,
      more: () => Effect.succeed([])
    }
    targets.set(Redacted.value(url), found)
    return found
  }
  const using = (requirement: Requirement<never>): ReadonlyArray<Actor> =>
    working.includes(requirement) ? actors.filter(({ requires }) => requires.includes(requirement)) : []

  for (const { name } of using(ingestQueue)) {
    const { urls, keys, rules, tls } = yield* readQueueSettings
    const all = queueKeys(keys.queueKey, keys.deadLetterKey)
    for (const target of urls.map((url) => targetOf(url, tls))) {
      target.needs.push(...Commands.queueCommands(name, all))
      if (name === "gateway" && rules.confirm === "replica") target.needs.push(["WAIT", 0, 1])
      target.wishes.push(...Commands.queueWishes(name, all))
      target.more = (connection) => inspectDurability(connection, all, rules)
    }
  }
  if (using(campaignLinks).length > 0) {
    const { urls, key, tls } = yield* readLinksSettings
    const token = yield* linksToken.config
    for (const { needs } of urls.map((url) => targetOf(url, tls)))
      needs.push(...Commands.linkCommands(key, token !== undefined))
  }
  for (const { name } of using(projectionStore)) {
    const { url, tls } = yield* readProjectionSettings
    const names = name === "viewer" ? actorNames.filter(isCounter) : [name]
    if (url !== undefined) targetOf(url, tls).needs.push(...names.flatMap(Commands.projectionCommands))
  }
  if (using(deviceMappings).length > 0) {
    const { url, tls } = yield* readProjectionSettings
    if (url !== undefined) targetOf(url, tls).needs.push(...Commands.deviceCommands)
  }
  if (using(reactionStore).length > 0) {
    const { url, tls } = yield* readProjectionSettings
    if (url !== undefined) targetOf(url, tls).needs.push(...Commands.reactionCommands)
  }
  if (using(ingestQueue).some(({ name }) => name === "gateway")) {
    const { urls, tls } = yield* readQueueSettings
    const { isShared, visitor } = yield* readAll({ isShared: rateLimitShared, visitor: visitorId })
    const [first] = urls.map((url) => targetOf(url, tls))
    if (isShared) first?.needs.push(...Commands.rateCommands)
    if (visitor !== "off") first?.needs.push(...Commands.saltCommands)
  }
  for (const { needs, wishes } of targets.values()) for (const list of [needs, wishes]) removeRepeated(list)
  return [...targets.values()]
})

const isCounter = (name: string): boolean => /-(counter|stats)$/.test(name)

const removeRepeated = (commands: Array<Command>): void => {
  const once = new Map(commands.map((command) => [command.join(" "), command]))
  commands.splice(0, commands.length, ...once.values())
}
