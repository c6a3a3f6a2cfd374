/**
 * A `datetime-local` field that keeps the instant it was set to. When clocks are set back, each local time of one hour
 * stands for two instants, and the text alone means the first.
 */
import { fieldText, momentOfField } from "./time-zone.ts"

export interface DateTimeField {
  /** Milliseconds since 1970; undefined for none. */
  readonly set: (at: number | undefined) => void
  /** The instant that was set, until the user types another time. */
  readonly read: () => number | undefined
}

export const dateTimeField = (input: HTMLInputElement): DateTimeField => {
  let given: { readonly at: number | undefined; readonly text: string } | undefined
  return {
    set: (at) => {
      input.value = fieldText(at)
      given = { at, text: input.value }
    },
    read: () => (input.value === given?.text ? given.at : momentOfField(input.value))
  }
}
