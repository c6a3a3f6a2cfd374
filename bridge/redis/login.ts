/** What a Redis server answers that lets nobody in, and what a person should do about it. */
import { refusal } from "./script.ts"

/** Why a replica is of no use: everything that is kept in Redis is also written. */
export const replicaReason = "READONLY, it is a replica; set the address of the primary, or promote this one"

const check = "check user and password in its URL (redis://user:password@host:port)"

/**
 * Why the server does not let us in: a clause with its own words; undefined for any other error. An error of another kind
 * (LOADING, NOPERM for PING) is answered only to who is logged in.
 */
export const loginObstacle = (error: unknown): string | undefined => {
  const code = refusal(error)
  if (code === undefined || !(error instanceof Error)) return undefined
  const said = error.message.replace(/\.$/, "")
  if (code === "NOAUTH")
    return `it refuses the login: ${said}; put user and password into its URL (redis://user:password@host:port)`
  if (code === "WRONGPASS" || /invalid password|invalid username-password/i.test(said))
    return `it refuses the login: ${said}; ${check}`
  if (/DB index|SELECT is not allowed/i.test(said))
    return `it refuses the database of its URL: ${said}; name one that it has (redis://host:port/0)`
  if (code === "NOPERM" && /'select/i.test(said)) return `it refuses the database of its URL: ${said}`
  if (code === "DENIED" || /max number of clients/i.test(said)) return `it refuses connections: ${said}`
  return undefined
}
