/**
 * A full disk under the embedded queue: pushes are answered with 503, and readiness reports why, so that load balancers
 * use other gateways; when there is space again the gateway becomes ready by itself, without a push.
 */
import { afterAll, describe, expect, test } from "bun:test"
import { smallDisk } from "../faults/small-disk.ts"
import { eventually } from "../support/eventually.ts"
import { ownSettings, startSpoor } from "../support/spoor.ts"

/** Mounting a small disk needs root and Linux; the test is skipped with a message otherwise. */
const canMount = process.platform === "linux" && process.getuid?.() === 0
if (!canMount)
  process.stderr.write("A full disk is not tested: mounting a small disk needs root, on Linux.\n")

const endings: Array<() => Promise<void> | void> = []
afterAll(async () => {
  for (const ending of endings.reverse()) await ending()
})

describe.skipIf(!canMount)("a gateway whose disk is full", () => {
  test("is not ready while it refuses, reports the reason, and is ready when there is space again", async () => {
    const disk = await smallDisk({ later: (ending) => void endings.push(ending) }, 8)
    const spoor = await startSpoor(["gateway"], ownSettings({ DATA_DIR: disk.folder }))
    endings.push(async () => void (await spoor.end("SIGKILL")))
    const events = spoor.address("send events")
    const ready = spoor.address("health")
    const push = async (): Promise<number> => {
      const answer = await fetch(events)
      await answer.arrayBuffer()
      return answer.status
    }
    expect(await push()).toBe(200)
    expect((await fetch(ready)).status).toBe(200)

    await disk.fill(0)
    await eventually("a push is refused", async () => (await push()) === 503)
    const unready = await fetch(ready)
    expect(unready.status).toBe(503)
    expect(await unready.text()).toContain("The disk is full")

    disk.clear()
    await eventually("it is ready again", async () => (await fetch(ready)).status === 200)
    expect(await push()).toBe(200)
  })

  test("reports a full disk at the start", async () => {
    const disk = await smallDisk({ later: (ending) => void endings.push(ending) }, 1)
    await disk.fill(0)
    const start = startSpoor(["gateway"], ownSettings({ DATA_DIR: disk.folder }))
    await expect(start).rejects.toThrow(/The disk is full: free some space on it/)
  })
})
