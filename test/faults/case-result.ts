/** What the judge found: of every event where it ended, and what contradicts a promise. */

export interface Account {
  readonly issued: number
  readonly acknowledged: number
  readonly refused: number
  /** Requests whose answer was lost: nobody knows, and both is right. */
  readonly unknown: number
  /** Events in Kafka, each once. */
  readonly stored: number
  /** Event ids in Kafka, each once. */
  readonly eventIds: number
  /** Acknowledged, and neither in Kafka nor among the dead letters. */
  readonly lost: ReadonlyArray<number>
  /** Records in Kafka beyond the first of an event. */
  readonly duplicates: number
  readonly dead: number
  /** From the end of the fault until what it had left behind was gone, seconds. */
  readonly recovery: number
  /** Everything that is not as promised, as sentences; none when the case is passed. */
  readonly problems: ReadonlyArray<string>
}
