/** Log lines of a gateway at the edge, as JSON on the console, where its platform collects them. Keeps no state. */

export type EdgeLogLevel = "INFO" | "WARN" | "ERROR"

export type WriteLog = (level: EdgeLogLevel, message: string) => void

export const writeLog: WriteLog = (level, message) =>
  // biome-ignore lint/suspicious/noConsole: the log of a Worker is its console.
  console.log(JSON.stringify({ timestamp: new Date().toISOString(), level, message, actor: "gateway" }))
