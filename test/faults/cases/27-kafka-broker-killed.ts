/** 27: one broker of three is killed repeatedly: the two others have every record and keep storing. */
import { clusterIsWhole, countRecords } from "../../support/kcat.ts"
import { eventually, faultCase, pause } from "../case.ts"
import { leaderOf } from "../kafka-admin.ts"

/** Maximum number of rounds: each waits for the restart of a broker, and more rounds prove nothing new. */
const maxRounds = 6

export default faultCase({
  number: "27",
  name: "one Kafka broker of three killed (SIGKILL)",
  requires: { kafka: "three" },
  fault: async (world, random) => {
    const rounds = Math.min(world.moments, maxRounds)
    let stored = 0
    for (let round = 0; round < rounds; round++) {
      await pause(random.whole(100, 1_500))
      const victim = await leaderOf(world, world.topic, random.whole(0, 2))
      const broker = world.kafka[victim]
      await broker?.kill()
      const before = await eventually(
        "the other brokers lead",
        () => countRecords(world.brokers, world.topic, 3),
        60_000
      )
      stored += await eventually(
        "records are stored while a broker is down",
        async () => {
          const more = (await countRecords(world.brokers, world.topic, 3)) - before
          return more > 200 && more
        },
        120_000
      )
      await broker?.start()
      await eventually(
        "the cluster is whole again",
        () => clusterIsWhole(world.brokers, world.kafka.length),
        120_000
      )
    }
    return `${rounds} times the leader of a partition was killed; ${stored} records were stored while it was down`
  }
})
