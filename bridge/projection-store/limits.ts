/** The limits of a projection store. */
export interface StoreLimits {
  /** How long an event id is remembered at least, milliseconds, above 0. */
  readonly horizon: number
  /** Keys of a table, at most; 2 or more, of which one counts all others. */
  readonly maxKeys: number
}
