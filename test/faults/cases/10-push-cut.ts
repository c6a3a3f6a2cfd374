/** 10: the connection is cut between a push and its response: the client gets 503, and the event may be stored. */
import { pushScript } from "../../../bridge/ingest-queue/redis/push.ts"
import { atRandomMoments, faultCase } from "../case.ts"
import { sentSha } from "../sent-sha.ts"

const sha = sentSha(pushScript)

export default faultCase({
  number: "10",
  name: "cut between a push to Redis and its answer",
  short: true,
  requires: { through: { redis: ["gateway"] } },
  expects: { answers: ["503"], answersWithin: 2_000 },
  fault: async (world, random) => {
    let cuts = 0
    await atRandomMoments(world, random, async () => {
      await world.proxy("redis").cutReplyTo((data) => data.includes(sha))
      cuts += 1
    })
    return `${cuts} responses to pushes were lost`
  },
  afterwards: (world, account) => {
    const kept = account.stored - account.acknowledged
    return `${world.load.answers.get("503") ?? 0} clients got 503; ${Math.max(0, kept)} of these events were stored nevertheless, each once`
  }
})
