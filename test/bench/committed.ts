/** The committed progress of a consumer group. */
import type { Cluster } from "./cluster.ts"

/** The number of records of the topic that the group has committed; 0 while the group does not exist. */
export const committed = async ({ admin }: Cluster, groupId: string, topic: string): Promise<number> => {
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] })
  return (found?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0)
}
