/** What people read of an actor's crashes: while it restarts, after it was given up, and afterwards. */
import { describe, expect, test } from "bun:test"
import { crashSentence, crashView } from "../../../../actors/inspect/pipeline/crashes.ts"

const lastCrash = { at: 1_000, cause: "boom" }

describe("the crashes of an instance", () => {
  test("are absent without one, and for an instance that does not report them", () => {
    expect(crashView({ restarts: 0, state: "up" }, 5_000)).toEqual({})
    expect(crashView({ state: "up" }, 5_000)).toEqual({})
  })

  test("name the number of restarts, the age and the cause", () => {
    expect(crashView({ restarts: 1, lastCrash, state: "up" }, 13_000)).toEqual({
      ...{ crash: "1 restart, the last crash 12 s ago: boom", restarts: 1, isCrashed: false }
    })
    expect(crashView({ restarts: 3, lastCrash, state: "restarting" }, 3_000)).toEqual({
      ...{
        crash: "crashed 2 s ago and is restarting (3 restarts so far): boom",
        restarts: 3,
        isCrashed: true
      }
    })
    expect(crashView({ restarts: 10, lastCrash, state: "given up" }, 3_000)).toEqual({
      ...{ crash: "given up after 10 restarts, its process ends: boom", restarts: 10, isCrashed: true }
    })
  })
})

describe("the sentence of an actor", () => {
  test("is absent while no instance is down by a crash", () => {
    expect(crashSentence([])).toBeUndefined()
    expect(crashSentence([{ restarts: 2, lastCrash, state: "up" }])).toBeUndefined()
  })

  test("names the last cause, and that one was given up", () => {
    const later = { at: 2_000, cause: "bang" }
    const restarting = { restarts: 2, lastCrash, state: "restarting" }
    expect(crashSentence([restarting, { ...restarting, lastCrash: later }])).toBe(
      "crashed and is restarting: bang."
    )
    expect(crashSentence([restarting, { restarts: 10, lastCrash: later, state: "given up" }])).toBe(
      "crashed too often and was given up: bang."
    )
    expect(crashSentence([{ state: "restarting" }])).toBe("crashed and is restarting.")
  })
})
