/** The centre over HTTP, as the forwarder sees it: pushes are signed with the secret that its file has now. */
import { afterAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Effect } from "effect"
import { makePushToCentre } from "../../../actors/forwarder/centre.ts"
import { reloadNow } from "../../../actors/runtime/reload.ts"
import { makeInProcess } from "../../../bridge/message-bus/in-process.ts"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import { Reloadables } from "../../../bridge/reload.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { newPushId, readPushedLines, writePushedReply } from "../../../contracts/messages/pushed-lines.ts"
import { isSignedWith, readSignature, signatureHeader } from "../../../gateway/edge/signature.ts"

const secrets = ["the-first-secret-of-edges", "the-second-secret-of-edges"] as const
const [first, second] = secrets

/** The secret of each request that arrived. */
const signedWith: Array<string | undefined> = []
const centre = Bun.serve({
  port: 0,
  fetch: async (request) => {
    const body = await request.bytes()
    const signature = readSignature(request.headers.get(signatureHeader))
    signedWith.push(secrets.find((one) => signature !== undefined && isSignedWith(one, signature, body)))
    const { id, lines } = readPushedLines(body)
    return new Response(Buffer.from(writePushedReply({ id, count: lines.length })))
  }
})
const folder = mkdtempSync(join(tmpdir(), "spoor-forwarder-"))
const file = join(folder, "secret")
const before = process.env.EDGE_SECRET_FILE
afterAll(async () => {
  if (before === undefined) delete process.env.EDGE_SECRET_FILE
  else process.env.EDGE_SECRET_FILE = before
  await centre.stop(true)
  rmSync(folder, { recursive: true })
})

test("a reload replaces the secret; an empty file keeps the old one", () => {
  process.env.EDGE_SECRET_FILE = file
  const env = { EDGE_CENTRE: centre.url.href, EDGE_SECRET: first }
  return Effect.gen(function* () {
    const push = yield* makePushToCentre
    const pushOne = push({ id: newPushId(), lines: ["a" as ByteString] })
    yield* pushOne
    for (const text of [second, ""]) {
      writeFileSync(file, text)
      for (const one of yield* Reloadables) yield* Effect.exit(reloadNow(one))
      yield* pushOne
    }
    expect(signedWith).toEqual([first, second, second])
  }).pipe(
    Effect.scoped,
    Effect.provideService(MessageBus, makeInProcess()),
    Effect.provideService(Reloadables, new Set()),
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })),
    Effect.runPromise
  )
})
