/** How far a group of consumers has come. */
import type { Cluster } from "./cluster.ts"

/** How many records of the topic the group has committed; 0 while there is no such group. */
export const committed = async ({ admin }: Cluster, groupId: string, topic: string): Promise<number> => {
  const [found] = await admin.fetchOffsets({ groupId, topics: [topic] })
  return (found?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0)
}
