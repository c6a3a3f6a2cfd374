/** What makes each alert of reactions fire on a real Spoor, and what ends it. */
import { Redis } from "ioredis"
import type { Cause } from "./causes.ts"
import { rulesText, type World } from "./world.ts"

const keys = "{spoor:reactions}"

/** Sends events that match the rule. */
const order = async ({ request }: World, count = 1): Promise<void> => {
  for (let n = 0; n < count; n += 1) await request(`/t/order?n=${n}`)
}

/** Works on the Redis of the reactions. */
const onReactions = async (
  { projections }: World,
  work: (redis: Redis) => Promise<unknown>
): Promise<void> => {
  const redis = new Redis(projections.url)
  await work(redis)
  redis.disconnect()
}

/** The second two hours ago in which a waiting delivery is said to be made. */
const longAgo = String(Math.floor(Date.now() / 1_000) - 7_200)

export const reactionCauses: ReadonlyArray<Cause> = [
  {
    what: "the target of a rule answers 503",
    alerts: ["SpoorTargetFails"],
    begin: async (world) => {
      await world.target.become({ status: 503 })
      await order(world, 10)
    },
    keepUp: (world) => order(world),
    end: (world) => world.target.become("answers")
  },
  {
    what: "the target of a rule answers 400",
    alerts: ["SpoorReactionsDie"],
    begin: async (world) => {
      await world.target.become({ status: 400 })
      await order(world, 5)
    },
    keepUp: (world) => order(world),
    end: (world) => world.target.become("answers")
  },
  {
    what: "a waiting delivery is two hours old",
    alerts: ["SpoorReactionsWait"],
    begin: (world) =>
      onReactions(world, async (redis) => {
        await redis.hset(`${keys}:ages`, longAgo, 1)
        await redis.zadd(`${keys}:seconds`, longAgo, longAgo)
      }),
    end: (world) =>
      onReactions(world, async (redis) => {
        await redis.hdel(`${keys}:ages`, longAgo)
        await redis.zrem(`${keys}:seconds`, longAgo)
      })
  },
  {
    what: "the rules file is changed to one with an unknown method",
    alerts: ["SpoorRulesRefused"],
    begin: async ({ writeRules }) => writeRules(rulesText.replace("POST", "SHOUT")),
    end: async ({ writeRules }) => writeRules(rulesText)
  },
  {
    what: "three matches are added to a rule's line in the ledger",
    alerts: ["SpoorReactionsDoNotAddUp"],
    begin: (world) => onReactions(world, (redis) => redis.hincrby(`${keys}:lines`, "matched||orders", 3)),
    end: (world) => onReactions(world, (redis) => redis.hincrby(`${keys}:lines`, "matched||orders", -3))
  }
]
