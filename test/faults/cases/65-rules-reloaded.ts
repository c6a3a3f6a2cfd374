/**
 * 65: the file of the rules is replaced while events pass and deliverers are killed, with a broken file in between: each
 * event is matched once, by one of the versions, and a delivery on its way keeps the steps of its own.
 */
import { atRandomMoments, eventually, faultCase, pause, prove } from "../case.ts"
import { callRule, type WorldRule } from "../reactions/rules.ts"
import { reactionsOf, textOfRules, withReactions } from "../reactions/start.ts"
import type { World } from "../world.ts"

/** The rule in its n-th version: the calls name it. */
const version = (n: number): ReadonlyArray<WorldRule> => [
  callRule("tell-shop", "shop", [0, 19], { call: { query: { version: String(n) } } })
]

/** No JSON, no rules, an unknown operator, a template that does not end: each for one reload. */
const broken: ReadonlyArray<string> = [
  '{"rules": [',
  '{"rules": 7}',
  textOfRules(version(0)).replace("params.id exists", "params.id resembles 7"),
  textOfRules(version(0)).replace("{{ params.id }}", "{{ params.id")
]

/** Number of deliveries of each version that the target has seen. */
const versions = (world: World): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const { path } of reactionsOf(world).target("shop").seen.values()) {
    const found = new URL(path, "http://shop").searchParams.get("version") ?? ""
    counts.set(found, (counts.get(found) ?? 0) + 1)
  }
  return counts
}

export default faultCase({
  number: "65",
  name: "rules replaced, also by broken files, while events pass and deliverers are killed",
  short: true,
  requires: withReactions({ targets: ["shop"], rules: version(0) }, { actors: { reactor: 2, deliverer: 2 } }),
  fault: async (world, random) => {
    const { replaceFile, target } = reactionsOf(world)
    const shop = target("shop")
    const refusals = (): number =>
      world
        .group("reactor")
        .output()
        .match(/The previous rules stay in use/g)?.length ?? 0
    await atRandomMoments(world, random, async (round) => {
      const refused = refusals() + world.group("reactor").copies().length
      replaceFile(broken[round % broken.length] ?? "")
      await eventually("every reactor has refused the broken file", () => refusals() >= refused)
      const before = versions(world).get(String(round)) ?? 0
      // Deliveries wait for a retry while their rule is replaced.
      await shop.become({ status: 500 })
      await pause(random.whole(500, 1_500))
      await shop.become("answers")
      await eventually(
        "the old rules stay with a broken file",
        () => (versions(world).get(String(round)) ?? 0) > before
      )
      replaceFile(textOfRules(version(round + 1)))
      await world.group("deliverer").copies()[round % 2]?.kill()
      await eventually("the new rules match", () => (versions(world).get(String(round + 1)) ?? 0) > 0)
    })
    const found = versions(world)
    prove(found.size === world.moments + 1, `the target saw the versions ${[...found.keys()].join(", ")}`)
    return `replaced ${2 * world.moments} times, every second time by a broken file; the target saw ${found.size} versions, and the reactors refused a file ${refusals()} times`
  }
})
