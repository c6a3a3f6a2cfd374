/**
 * A field for a moment in the zone of the pages that keeps the instant it was given: when clocks go back, an hour of
 * local times stands for two instants, and text alone says only the first.
 */
import { fieldText, momentOfField } from "/page/zone.js"

/** Milliseconds since 1970; undefined for none. `input` is of the kind datetime-local. */
export const momentField = (input) => {
  let given
  return {
    set: (at) => {
      input.value = fieldText(at)
      given = { at, text: input.value }
    },
    /** The instant it was given for as long as nobody typed another time. */
    read: () => (input.value === given?.text ? given.at : momentOfField(input.value))
  }
}
