/** Why no connection to Redis came about, from the errors of the client library. */
import { reasonOf } from "../connection-state.ts"
import { tlsAdvice } from "../tls-files.ts"
import { loginObstacle } from "./login.ts"

/** A clause without a full stop, with what to do where that is known. */
export const connectReason = (error: Error): string => {
  const cause = causeOf(error)
  const obstacle = loginObstacle(cause)
  if (obstacle !== undefined) return obstacle
  const reason = reasonOf(cause)
  const advice = tlsAdvice(reason, "REDIS")
  return advice === undefined ? reason : `${reason}; ${advice}`
}

/** A cluster's own error says only that no node could be asked. */
const causeOf = (error: Error): Error => {
  const cause = "lastNodeError" in error && error.lastNodeError instanceof Error ? error.lastNodeError : error
  return cause.message === "Connection is closed." ? new Error("none of its nodes can be reached") : cause
}
