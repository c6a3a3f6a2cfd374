/** Whether a server of Redis that has just been reached can be used, and what to do about each reason that it cannot. */
import { reasonOf } from "../connection-state.ts"
import { refusal } from "./script.ts"

/** A replica cannot be used: Spoor writes to every Redis that it uses. */
export const replicaReason = "READONLY, it is a replica; set the address of the primary, or promote this one"

const check = "check user and password in its URL (redis://user:password@host:port)"

/**
 * Why the server refuses the login: a clause with the server's error; undefined for any other error, which only a
 * logged-in client receives (LOADING, NOPERM for PING).
 */
export const loginObstacle = (error: unknown): string | undefined => {
  const code = refusal(error)
  if (code === undefined || !(error instanceof Error)) return undefined
  const text = error.message.replace(/\.$/, "")
  if (code === "NOAUTH")
    return `it refuses the login: ${text}; put user and password into its URL (redis://user:password@host:port)`
  if (code === "WRONGPASS" || /invalid password|invalid username-password/i.test(text))
    return `it refuses the login: ${text}; ${check}`
  if (/DB index|SELECT is not allowed/i.test(text))
    return `it refuses the database of its URL: ${text}; name one that it has (redis://host:port/0)`
  if (code === "NOPERM" && /'select/i.test(text)) return `it refuses the database of its URL: ${text}`
  if (code === "DENIED" || /max number of clients/i.test(text)) return `it refuses connections: ${text}`
  return undefined
}

/**
 * Why the server cannot be used, as a clause; undefined when it can. `ask` sends a command and rejects as the client library
 * does after `timeoutMs`. Only where it may be a replica is it asked for its role.
 */
export const obstacleToUse = async (
  ask: (name: string, ...args: ReadonlyArray<string>) => Promise<unknown>,
  mayBeReplica: boolean,
  timeoutMs: number | undefined
): Promise<string | undefined> => {
  try {
    await ask("PING")
    if (!mayBeReplica) return undefined
    return String(await ask("INFO", "replication")).includes("role:slave") ? replicaReason : undefined
  } catch (error) {
    if (refusal(error) !== undefined) return loginObstacle(error)
    const text = reasonOf(error)
    return text === "Command timed out" ? `no reply within ${timeoutMs} ms` : text
  }
}
