/** The contract of every store of device mappings. `place` is an unused location; a store opened there again is the same store. */
import { expect, test } from "bun:test"
import { Effect, Logger, type Scope } from "effect"
import type { DeviceMappings } from "../../../bridge/device-mappings/service.ts"
import type { Failure } from "../../../contracts/failure.ts"

type Store = DeviceMappings["Service"]
export type Open = Effect.Effect<Store, Failure, Scope.Scope>

const webPush = { endpoint: "https://push.example/abc?d=1", p256dh: "BPk", auth: "c2Vj" }

const all = {
  callbackUrl: "https://app.example/push?a=ü",
  webPush,
  oneSignalId: "one-1",
  fcmToken: "fcm:1",
  locale: "de-AT"
}

export const mappingsContract = (place: Effect.Effect<Open, Failure, Scope.Scope>): void => {
  const check = (
    what: string,
    body: (store: Store, open: Open) => Effect.Effect<unknown, unknown, Scope.Scope>
  ): void =>
    test(what, () =>
      Effect.gen(function* () {
        const open = yield* place
        yield* body(yield* open, open)
      }).pipe(Effect.scoped, Effect.provide(Logger.layer([])), Effect.runPromise)
    )

  check("an empty store has no mappings and answers", (store) =>
    Effect.gen(function* () {
      yield* store.dependency.check
      expect(yield* store.get("a")).toBeUndefined()
      expect(yield* store.list(undefined, 10)).toEqual({ mappings: [], next: undefined })
      expect(yield* store.remove("a")).toBe(false)
      expect(yield* store.forget("a", "webPush", webPush.endpoint)).toBe(false)
    })
  )

  check("a mapping is read as it was put, also by a store opened later", (store, open) =>
    Effect.gen(function* () {
      const before = Date.now()
      expect(yield* store.put("gerät 1", all)).toBe("created")
      const found = yield* store.get("gerät 1")
      expect(found).toMatchObject({ deviceId: "gerät 1", ...all })
      expect(found?.created).toBeGreaterThanOrEqual(before)
      expect(found?.updated).toBe(found?.created ?? 0)
      const later = yield* open
      expect(yield* later.get("gerät 1")).toEqual(found)
      expect((yield* later.list(undefined, 1)).mappings).toEqual(found === undefined ? [] : [found])
    })
  )

  check("a put sets the given fields and keeps the others", (store) =>
    Effect.gen(function* () {
      expect(yield* store.put("a", {})).toBe("created")
      expect(Object.keys((yield* store.get("a")) ?? {}).sort()).toEqual(["created", "deviceId", "updated"])
      expect(yield* store.put("a", { locale: "en", oneSignalId: "1" })).toBe("changed")
      expect(yield* store.put("a", { locale: "de" })).toBe("changed")
      expect(yield* store.put("a", { webPush })).toBe("changed")
      expect(yield* store.get("a")).toMatchObject({ locale: "de", oneSignalId: "1", webPush })
      const moved = { endpoint: "https://other.example/", p256dh: "x", auth: "y" }
      yield* store.put("a", { webPush: moved })
      expect((yield* store.get("a"))?.webPush).toEqual(moved)
    })
  )

  check("puts at the same time keep the fields of all", (store) =>
    Effect.gen(function* () {
      const outcomes = yield* Effect.all(
        [
          store.put("a", { callbackUrl: all.callbackUrl }),
          store.put("a", { webPush }),
          store.put("a", { oneSignalId: "one-1" }),
          store.put("a", { fcmToken: "fcm:1" }),
          store.put("a", { locale: "de-AT" })
        ],
        { concurrency: "unbounded" }
      )
      expect(outcomes.filter((outcome) => outcome === "created")).toHaveLength(1)
      expect(yield* store.get("a")).toMatchObject(all)
    })
  )

  check("a removed mapping is gone and begins anew", (store) =>
    Effect.gen(function* () {
      yield* store.put("a", all)
      yield* store.put("b", { locale: "en" })
      expect(yield* store.remove("a")).toBe(true)
      expect(yield* store.remove("a")).toBe(false)
      expect(yield* store.get("a")).toBeUndefined()
      expect((yield* store.list(undefined, 10)).mappings.map(({ deviceId }) => deviceId)).toEqual(["b"])
      expect(yield* store.put("a", { locale: "fr" })).toBe("created")
      expect((yield* store.get("a"))?.webPush).toBeUndefined()
    })
  )

  check("a field is forgotten only while it has that value", (store) =>
    Effect.gen(function* () {
      yield* store.put("a", all)
      expect(yield* store.forget("a", "webPush", "https://push.example/older")).toBe(false)
      expect((yield* store.get("a"))?.webPush).toEqual(webPush)
      expect(yield* store.forget("a", "webPush", webPush.endpoint)).toBe(true)
      expect(yield* store.forget("a", "webPush", webPush.endpoint)).toBe(false)
      expect(yield* store.forget("a", "fcmToken", "fcm:1")).toBe(true)
      const left = yield* store.get("a")
      expect(left?.webPush).toBeUndefined()
      expect(left?.fcmToken).toBeUndefined()
      expect(left).toMatchObject({ callbackUrl: all.callbackUrl, oneSignalId: "one-1", locale: "de-AT" })
    })
  )

  check("mappings are listed by id, page by page, each once", (store) =>
    Effect.gen(function* () {
      const ids = ["b", "a", "ü", "10", "9", "Z"]
      for (const id of ids) yield* store.put(id, { locale: "en" })
      const seen: Array<string> = []
      let after: string | undefined
      do {
        const page = yield* store.list(after, 2)
        expect(page.mappings.length).toBeLessThanOrEqual(2)
        seen.push(...page.mappings.map(({ deviceId }) => deviceId))
        after = page.next
      } while (after !== undefined)
      expect(seen).toEqual(["10", "9", "Z", "a", "b", "ü"])
    })
  )
}
