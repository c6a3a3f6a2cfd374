/**
 * Receivers built with the reference library of Standard Webhooks, in Python, accept the signatures, with the old and the
 * new secret while one replaces the other, and refuse a wrong one. The signatures of the library itself are the same.
 */
import { expect, test } from "bun:test"
import { execFileSync, spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { ConfigProvider, Effect } from "effect"
import { signingKeys, webhookHeaders } from "../../../actors/deliverer/sign.ts"
import { makeSigningKeys } from "../../../actors/deliverer/signing-keys.ts"
import type { TargetName } from "../../../contracts/reactions/delivery.ts"
import { diesWithUs } from "../../support/dies-with-us.ts"
import { eventually } from "../../support/eventually.ts"
import { ownSettings, startSpoor } from "../../support/spoor.ts"
import { standardWebhooksPython } from "../../support/standard-webhooks.ts"
import { delivery, event, makeWorld } from "./world.ts"

const python = await standardWebhooksPython()
const secretOf = (byte: number): string => `whsec_${Buffer.alloc(32, byte).toString("base64")}`
const [old, fresh, wrong] = [secretOf(1), secretOf(2), secretOf(3)]

const receiverWith = (secret: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const child = diesWithUs(
        spawn(python ?? "", [join(import.meta.dirname, "webhook_receiver.py"), secret], {
          stdio: ["ignore", "pipe", "inherit"]
        })
      )
      let output = ""
      child.stdout?.on("data", (chunk: Buffer) => {
        output += chunk.toString()
      })
      const lines = () => output.split("\n").slice(0, -1)
      const port = await eventually("the receiver has a port", () => lines()[0])
      const url = `http://127.0.0.1:${port}`
      return {
        url,
        target: url as TargetName,
        child,
        seen: () =>
          lines()
            .slice(1)
            .map((line) => JSON.parse(line))
      }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

test.skipIf(python === undefined)(
  "receivers with the old and with the new secret accept each call of a rotation, which a file and SIGHUP bring about",
  () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const [oldReceiver, freshReceiver, wrongReceiver] = yield* Effect.all([
            receiverWith(old),
            receiverWith(fresh),
            receiverWith(wrong)
          ])
          const world = yield* makeWorld()
          const file = join(world.env.DATA_DIR, "webhook-secret")
          writeFileSync(file, `${old}\n`)
          const spoor = yield* Effect.acquireRelease(
            Effect.promise(() =>
              startSpoor(["deliverer"], { ...ownSettings(), ...world.env, WEBHOOK_SECRET_FILE: file })
            ),
            ({ end }) => Effect.promise(() => end("SIGKILL"))
          )
          const call = (name: string, { url, target }: typeof oldReceiver) =>
            Effect.gen(function* () {
              const body = { item: "{{ params.item }}", text: "grüße" }
              yield* world.store.add([delivery(name, target, [{ call: { url, body } }])])
            })
          const seenBy = (receiver: typeof oldReceiver, count: number) =>
            Effect.promise(() =>
              eventually("it is called", () => receiver.seen().length === count && receiver.seen())
            )
          const verified = (name: string) => ({
            verified: { item: "42", text: "grüße" },
            id: `${event.id}.${name}`
          })

          yield* call("before", oldReceiver)
          yield* call("too-early", freshReceiver)
          expect(yield* seenBy(oldReceiver, 1)).toEqual([verified("before")])
          expect(yield* seenBy(freshReceiver, 1)).toMatchObject([
            { refused: expect.stringMatching(/signature/i) }
          ])

          writeFileSync(file, `${fresh} ${old}\n`)
          spoor.process.kill("SIGHUP")
          yield* Effect.promise(() => eventually("it is read", () => /WEBHOOK_SECRET/.test(spoor.output())))
          yield* call("during", oldReceiver)
          yield* call("during-2", freshReceiver)
          yield* call("never", wrongReceiver)
          expect(yield* seenBy(oldReceiver, 2)).toMatchObject([{}, verified("during")])
          expect(yield* seenBy(freshReceiver, 2)).toMatchObject([{}, verified("during-2")])
          expect(yield* seenBy(wrongReceiver, 1)).toMatchObject([{ refused: expect.any(String) }])
        })
      )
    )
)

test.skipIf(python === undefined)("the signature is that of the library", () => {
  const code = `import sys, datetime
from standardwebhooks.webhooks import Webhook
print(Webhook(sys.argv[1]).sign(sys.argv[2], datetime.datetime.fromtimestamp(int(sys.argv[3]), datetime.timezone.utc), sys.argv[4]))`
  const given = ["msg.of-a.rule", "1796000000", '{"a":"é"}'] as const
  const expected = execFileSync(python ?? "", ["-c", code, fresh, ...given], { encoding: "utf8" }).trim()
  const own = webhookHeaders(given[0], Number(given[1]), given[2], signingKeys(fresh) ?? [])
  expect(Object.fromEntries(own)["webhook-signature"]).toBe(expected)
})

test("a deliverer does not start with a secret that cannot sign, so that it never sends unsigned calls", async () => {
  for (const text of ["whsec_!!", `${old} short`]) {
    const settings = ConfigProvider.fromUnknown({ WEBHOOK_SECRET: text })
    const made = Effect.flip(makeSigningKeys(() => undefined)).pipe(
      Effect.provideService(ConfigProvider.ConfigProvider, settings)
    )
    expect(await Effect.runPromise(Effect.scoped(made))).toMatchObject({
      reason: "misconfigured",
      message: expect.stringContaining("WEBHOOK_SECRET must be whsec_ and the base64 of 24 to 64 bytes")
    })
  }
})

test("a secret that is none is refused as a setting", () => {
  for (const text of ["", "whsec_", "whsec_c2hvcnQ=", "whsec_%%%", `${old} short`])
    expect(signingKeys(text)).toBeUndefined()
  expect(signingKeys(`${fresh} ${old}`)?.length).toBe(2)
})
