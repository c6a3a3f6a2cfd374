/** All kinds of attacks, weighted by their number of entries. */
import type { Random } from "../../faults/random.ts"
import type { Attack, MakeAttack } from "../attack.ts"
import { batchAttack, postAttack } from "./bodies.ts"
import { compressedAttack } from "./compressed.ts"
import { brokenHeaderAttack, headerAttack } from "./headers.ts"
import { queryAttack } from "./queries.ts"
import { serverLogAttack } from "./server-logs.ts"
import {
  chunkAttack,
  cutAttack,
  damagedAttack,
  lyingLengthAttack,
  pipelineAttack,
  requestLineAttack,
  smugglingAttack,
  trickleAttack
} from "./sockets.ts"

const kinds: readonly [MakeAttack, ...ReadonlyArray<MakeAttack>] = [
  queryAttack,
  queryAttack,
  queryAttack,
  queryAttack,
  headerAttack,
  headerAttack,
  brokenHeaderAttack,
  batchAttack,
  batchAttack,
  batchAttack,
  postAttack,
  postAttack,
  postAttack,
  serverLogAttack,
  serverLogAttack,
  compressedAttack,
  requestLineAttack,
  smugglingAttack,
  chunkAttack,
  lyingLengthAttack,
  pipelineAttack,
  trickleAttack,
  cutAttack,
  damagedAttack
]

/** The attack with that number: always the same for a seed. */
export const attackAt = (random: Random, number: number): Attack => {
  const own = random.fork(`${number}`)
  return own.pick(kinds)(own)
}
