/** The limits of one push to the centre: far under the size of a message. */

export const maxPushLines = 1_000

/** Bytes of the lines; one line is always taken. */
export const maxPushBytes = 256 * 1024
