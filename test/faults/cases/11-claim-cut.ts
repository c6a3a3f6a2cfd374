/** 11: the connection is cut between a claim and its response: the same claim is sent again and gets the same batch. */
import { claimScript } from "../../../bridge/ingest-queue/redis/scripts.ts"
import { claimDigits } from "../../../contracts/ids.ts"
import { atRandomMoments, eventually, faultCase } from "../case.ts"
import { sentSha } from "../sent-sha.ts"
import type { TcpProxy } from "../tcp-proxy.ts"

const sha = sentSha(claimScript)

/** A response to a claim with lines is at least this long, bytes; one without lines is shorter. */
const minBytesWithLines = 200

/** Cuts the connection at the next response to a claim that has lines. Resolves with the claim's id. */
const cutResponseWithLines = (proxy: TcpProxy): Promise<string> =>
  new Promise((resolve) => {
    const claims = new Map<number, string>()
    const remove = proxy.intercept(({ direction, data, connection }) => {
      if (direction === "up") {
        const text = data.toString("latin1")
        const at = text.lastIndexOf(sha)
        const claim = at === -1 ? undefined : /\r\n([0-9a-f]{32})\r\n/.exec(text.slice(at + sha.length))?.[1]
        if (claim !== undefined) claims.set(connection, claim)
        return "pass"
      }
      const claim = claims.get(connection)
      if (claim === undefined || data.length < minBytesWithLines) return "pass"
      remove()
      resolve(claim)
      return "cut"
    })
  })

export default faultCase({
  number: "11",
  name: "cut between a claim and its answer",
  expects: { duplicates: 0 },
  requires: { through: { redis: ["drainer"] } },
  fault: async (world, random) => {
    let orphans = 0
    await atRandomMoments(world, random, async () => {
      const claim = await cutResponseWithLines(world.proxy("redis"))
      orphans += 1
      await eventually(
        "the batch was claimed again before its lease ended",
        async () =>
          !(await world.queue.claimed()).some((batch) => batch.startsWith(claim.slice(0, claimDigits))),
        20_000
      )
    })
    return `${orphans} batches whose claim got no response were claimed again with the same id, before their lease ended`
  }
})
