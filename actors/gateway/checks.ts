/** The checks of the gateway's settings: everything that its start refuses, without starting it. */
import { Effect } from "effect"
import { readTopics } from "../../bridge/topics.ts"
import { readCors, readSignals, readWriteKeys } from "../../gateway/protection.ts"
import type { SettingsCheck } from "../runtime/actor.ts"
import { readCertificate } from "./certificate.ts"
import { connectionLimits } from "./guard-layer.ts"

export const gatewayChecks: ReadonlyArray<SettingsCheck> = [
  readTopics,
  readWriteKeys,
  readSignals,
  Effect.suspend(() => readCors([])),
  readCertificate,
  connectionLimits(() => undefined)
]
