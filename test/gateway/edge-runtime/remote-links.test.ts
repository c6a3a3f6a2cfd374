/** Campaign links of the centre, asked over the links API of a real gateway. */
import { afterAll, beforeAll, expect, test } from "bun:test"
import { remoteLinks } from "../../../gateway/edge-runtime/remote-links.ts"
import { ownSettings, type Spoor, startSpoor } from "../../support/spoor.ts"

const token = "a-token-of-links-0123456789abcdef"
let centre: Spoor
let url: URL
beforeAll(async () => {
  centre = await startSpoor(["gateway"], ownSettings({ LINKS_TOKEN: token, KAFKA_TOPICS: "clicks" }))
  url = new URL(centre.address("send events").origin)
}, 60_000)
afterAll(() => centre.end("SIGKILL"))

test("links are stored, replaced, read, listed and removed", async () => {
  const links = remoteLinks(url, token)
  const link = { id: "spring", default: "https://shop.example/", click_lookback: "7 days" }
  expect(await links.put(link)).toBe("created")
  expect(await links.put({ ...link, campaign: "spring" })).toBe("replaced")
  expect(await links.get("spring")).toEqual({ ...link, campaign: "spring" })
  expect(await links.get("none")).toBeUndefined()
  expect(await links.put({ id: "summer", default: "https://shop.example/" })).toBe("created")
  const first = await links.list(undefined, 1)
  expect(first.links.map(({ id }) => id)).toEqual(["spring"])
  expect((await links.list(first.next, 1)).links.map(({ id }) => id)).toEqual(["summer"])
  expect(await links.remove("spring")).toBe(true)
  expect(await links.remove("spring")).toBe(false)
})

test("a wrong token, and a centre that is away, are failures that a retry may help", async () => {
  const wrong = remoteLinks(url, "another-token-of-links")
  await expect(wrong.get("spring")).rejects.toMatchObject({
    reason: "unavailable",
    message: expect.stringContaining("401")
  })
  const away = remoteLinks(new URL("http://127.0.0.1:1"), token)
  await expect(away.list(undefined, 10)).rejects.toMatchObject({ reason: "unavailable" })
})
