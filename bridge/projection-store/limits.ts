/** What bounds a store of projections. */
export interface StoreLimits {
  /** How long an event id is remembered at least, milliseconds, above 0. */
  readonly horizon: number
  /** How many keys a table may have, at least 2: one is for the rest. */
  readonly maxKeys: number
}
