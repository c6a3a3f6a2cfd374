/** 29: the broker that leads the partitions hangs for a minute and continues. Sends time out; new producers find the new leader. */
import { clusterIsWhole, countRecords } from "../../support/kcat.ts"
import { eventually, faultCase, pause, prove } from "../case.ts"
import { leaderOf } from "../kafka-admin.ts"

const frozenMs = 60_000

export default faultCase({
  number: "29",
  name: "Kafka's leader frozen (SIGSTOP) for 60 s",
  requires: { kafka: "three" },
  fault: async (world, random) => {
    const leader = world.kafka[await leaderOf(world, world.topic, random.whole(0, 2))]
    prove(leader !== undefined, "the partition has no leader")
    const others = world.kafka
      .filter((broker) => broker !== leader)
      .map(({ url }) => url)
      .join(",")
    leader?.pause()
    const began = performance.now()
    await eventually(
      "a send to the frozen leader has failed",
      () => world.actor("drainer").output().includes("batch released"),
      60_000
    )
    const left = frozenMs - (performance.now() - began)
    const before = await eventually(
      "the other brokers respond",
      () => countRecords(others, world.topic, 3),
      60_000
    )
    await pause(Math.max(0, left))
    const after = await eventually(
      "the other brokers respond",
      () => countRecords(others, world.topic, 3),
      60_000
    )
    leader?.resume()
    await eventually(
      "the cluster is whole again",
      () => clusterIsWhole(world.brokers, world.kafka.length),
      120_000
    )
    prove(after > before, "nothing was stored by the new leaders")
    return `batches sent to the frozen leader were released; ${after - before} records were stored by the others before it continued after ${frozenMs / 1000} s`
  }
})
