/** The ledger's counts of a batch: what was read, by topic, and what the receipt accounts for. */
import { expect, test } from "bun:test"
import { countsOf } from "../../../../actors/runtime/inbox/batch-outcome.ts"
import { emptyDigest, newBatchId, Topic } from "../../../../contracts/ids.ts"

const events = Topic.make("events")
const clicks = Topic.make("clicks")
const views = Topic.make("views")

test("each topic has its counts as read, from the placements and from the rejections", () => {
  const counts = countsOf({
    received: new Map([
      [events, 5],
      [clicks, 2]
    ]),
    receipt: {
      id: newBatchId(),
      digest: emptyDigest,
      stored: 5,
      placements: [
        { topic: events, partition: 0, offset: "7", count: 3, at: 1 },
        { topic: events, partition: 1, offset: "0", count: 1, at: 1 },
        { topic: views, partition: 0, offset: "0", count: 1, at: 1 }
      ],
      rejected: [
        { index: 0, topic: events, stage: "drainer", reason: "empty" },
        { index: 6, topic: clicks, stage: "bridge", reason: "too large" }
      ]
    }
  })
  expect(counts).toEqual([
    { topic: events, received: 5, stored: 4, dead: 1 },
    { topic: clicks, received: 2, stored: 0, dead: 1 },
    { topic: views, received: 0, stored: 1, dead: 0 }
  ])
})
