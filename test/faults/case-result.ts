/** The result of a case: the number of events in each final state, and the broken promises. */

export interface Account {
  readonly issued: number
  readonly acknowledged: number
  readonly refused: number
  /** Requests whose response was lost: stored or not, both are correct. */
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
  /** Dead letters of deliveries: reactions, not events. */
  readonly deadDeliveries: number
  /** Time from the end of the fault until its effects were gone, seconds. */
  readonly recovery: number
  /** Broken promises, as sentences; none when the case has passed. */
  readonly problems: ReadonlyArray<string>
}
