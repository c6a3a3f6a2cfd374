/** What an inspection of a system outside found, for people who check a configuration. Types and sentences only. */

/** `fault`: Spoor does not work with it. `warning`: it works, but worse, or part of it could not be asked. */
export type Level = "ok" | "warning" | "fault"

export interface Finding {
  readonly level: Level
  /** A sentence: what is so and, unless it is well, what to do. */
  readonly message: string
}

export const ok = (message: string): Finding => ({ level: "ok", message })
export const warning = (message: string): Finding => ({ level: "warning", message })
export const fault = (message: string): Finding => ({ level: "fault", message })
