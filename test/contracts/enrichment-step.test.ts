/** ENRICH_STEPS: valid lists, and the sentence for each that cannot work. */
import { describe, expect, test } from "bun:test"
import { ConfigProvider, Effect } from "effect"
import { isParamOf, readSteps } from "../../contracts/enrichment-step.ts"

const read = (text: string) =>
  Effect.runSync(
    Effect.result(
      readSteps.pipe(
        Effect.provideService(
          ConfigProvider.ConfigProvider,
          ConfigProvider.fromUnknown({ ENRICH_STEPS: text })
        )
      )
    )
  )

describe("ENRICH_STEPS", () => {
  test("names steps in their order, optional with 500 ms unless they say otherwise", () => {
    expect(read(" score , segment:required, geo_city:optional:200ms,")).toMatchObject({
      success: [
        { name: "score", isRequired: false, timeoutMs: 500 },
        { name: "segment", isRequired: true, timeoutMs: 500 },
        { name: "geo_city", isRequired: false, timeoutMs: 200 }
      ]
    })
    expect(read("")).toMatchObject({ success: [] })
  })

  test.each([
    ["Score", '"Score" is not a name of a step'],
    ["a.b", '"a.b" is not a name of a step'],
    ["score:maybe", '"maybe" is neither required nor optional nor a time of 10 ms or more'],
    ["score:1ms", '"1ms" is neither required nor optional nor a time of 10 ms or more'],
    ["score:infinity", '"infinity" is neither required nor optional'],
    ["score,score", '"score" and another step would add parameters of the same names'],
    ["score,score_b", '"score_b" and another step would add parameters of the same names'],
    ["a,b,c,d", "the steps may take 2000 ms together, at most 1500 ms are possible"],
    [
      "a:10ms,b:10ms,c:10ms,d:10ms,e:10ms,f:10ms,g:10ms,h:10ms,i:10ms",
      "there are 9 steps, at most 8 are possible"
    ]
  ])("%p cannot work: %p", (text, sentence) => {
    expect(read(text)).toMatchObject({
      failure: { reason: "misconfigured", message: expect.stringContaining(`ENRICH_STEPS: ${sentence}`) }
    })
  })
})

test("a step adds parameters of its own name only", () => {
  expect(
    ["score", "score_reason", "scores", "other", "Score"].filter((name) => isParamOf("score", name))
  ).toEqual(["score", "score_reason"])
})
