/** The checks of the gateway's settings: everything that its start refuses, without starting it. */
import { Effect } from "effect"
import type { SettingsCheck } from "../runtime/actor.ts"
import { readTopics } from "../transform/topics.ts"
import { readCertificate } from "./certificate.ts"
import { connectionLimits, readCors, readSignals } from "./guard-layer.ts"
import { readWriteKeys } from "./write-keys.ts"

export const gatewayChecks: ReadonlyArray<SettingsCheck> = [
  readTopics,
  readWriteKeys,
  readSignals,
  Effect.suspend(() => readCors([])),
  readCertificate,
  connectionLimits(() => undefined)
]
