/** How a store names and remembers gates. Pure. */
import { createHash } from "node:crypto"
import type { Gate } from "./service.ts"

/** How long a gate is remembered beyond its end, milliseconds: the records of its time may be read late. */
export const gateGraceMs = 3_600_000

/** A short name for the gate: keys may be long, and may contain what people want to keep for themselves. */
export const gateKey = (gate: Gate): string =>
  createHash("sha256")
    .update(gate.kind === "once" ? `once ${gate.key}` : `rate ${gate.window} ${gate.key}`)
    .digest("base64url")
    .slice(0, 27)

/** How long after its last change a gate may be forgotten, milliseconds; Infinity: never. */
export const gateMemoryMs = (gate: Gate): number =>
  Math.max(1, Math.ceil(gate.kind === "once" ? gate.until - gate.at + gateGraceMs : gate.forMs))

/** Why a gate that is closed suppresses a delivery. */
export const refusalOf = (gate: Gate): string =>
  gate.kind === "rate" ? "too many" : gate.until === Number.POSITIVE_INFINITY ? "not first" : "repeated"

/** The reason for deliveries to a target that is disabled for their rule. */
export const targetDisabled = "target disabled"
