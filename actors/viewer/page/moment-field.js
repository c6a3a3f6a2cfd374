/**
 * A field for a moment in the reader's time zone that keeps the instant it was given: when clocks go back, an hour of
 * local times stands for two instants, and text alone says only the first.
 */

/** A moment as such a field wants it; "" for none. */
const fieldText = (at) => {
  if (at === undefined) return ""
  const date = new Date(at - new Date(at).getTimezoneOffset() * 60_000)
  return date.toISOString().slice(0, 19)
}

const momentOfField = (text) => {
  const at = new Date(text).getTime()
  return text === "" || Number.isNaN(at) ? undefined : at
}

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
