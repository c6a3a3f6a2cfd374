/** POST /track: three fields, and an error that names the invalid one. */
import { describe, expect, test } from "bun:test"
import { refusalIn, testGateway } from "../gateway-for-tests.ts"

const good = { username: "ann", target: "shop/42", description: "CLICK" }

describe("POST /track", () => {
  test("accepts an event of type track", async () => {
    const { post, taken } = testGateway()
    const answer = await post("/track", good)
    expect(answer.status).toBe(200)
    expect(await answer.text()).toBe('{"status":"ok"}')
    await post("/track", JSON.stringify({ ...good, description: "VIEW" }), { type: "text/plain" })
    await post("/track", { ...good, more: { x: 1 } }, { headers: { "idempotency-key": "k" } })
    expect(taken()).toEqual([
      "/track username=ann&target=shop%2F42&description=CLICK",
      "/track username=ann&target=shop%2F42&description=VIEW",
      "/track username=ann&target=shop%2F42&description=CLICK&more[x]=1&idempotency_key=k"
    ])
  })

  const wrong: ReadonlyArray<readonly [field: string, body: object | string]> = [
    ["username", { target: "x", description: "CLICK" }],
    ["username", { ...good, username: "" }],
    ["username", { ...good, username: 7 }],
    ["target", { ...good, target: null }],
    ["target", { ...good, target: ["x"] }],
    ["description", { ...good, description: "click" }],
    ["description", { ...good, description: undefined }],
    ["description", '{"username":"a","target":"b","description":"CLICK","description":"VIEW"}']
  ]
  for (const [field, body] of wrong) {
    test(`refuses an invalid ${field}, by name, in ${typeof body === "string" ? body : JSON.stringify(body)}`, async () => {
      const { post, lines } = testGateway()
      const { status, message } = await refusalIn(await post("/track", body))
      expect(status).toBe(400)
      expect(message).toContain(`"${field}"`)
      expect(lines).toEqual([])
    })
  }

  test("accepts JSON labelled as a form, as curl -d sends it", async () => {
    const { post, taken } = testGateway()
    const sent = `{"username": "Jane Roe", "target": "https://www.example.com/", "description": "VIEW"}`
    for (const body of [sent, ` \n${sent}`, `\ufeff${sent}`])
      expect((await post("/track", body, { type: "application/x-www-form-urlencoded" })).status).toBe(200)
    const line = "/track username=Jane%20Roe&target=https%3A%2F%2Fwww.example.com%2F&description=VIEW"
    expect(taken()).toEqual([line, line, line])
  })

  test("refuses forms and arrays", async () => {
    const { post } = testGateway()
    const type = "application/x-www-form-urlencoded"
    expect((await post("/track", "username=a&target=b&description=VIEW", { type })).status).toBe(415)
    const parts = { type: "multipart/form-data; boundary=x" }
    expect((await post("/track", "--x--", parts)).status).toBe(415)
    expect((await post("/track", '{"username":', { type })).status).toBe(400)
    expect((await post("/track", [good])).status).toBe(400)
    expect((await post("/track", "")).status).toBe(400)
  })
})
