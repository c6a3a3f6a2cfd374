/** The limits of a projection store. */
export interface StoreLimits {
  /** The minimum time for which an event id is stored, milliseconds, above 0. */
  readonly horizon: number
  /** The maximum number of keys of a table, 2 or more; one of them counts all keys without a place. */
  readonly maxKeys: number
}
