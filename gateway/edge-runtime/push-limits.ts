/** The limits of one push to the centre: far under the size of a message. */

export const maxPushLines = 1_000

/** Bytes of the lines; one line is always taken. */
export const maxPushBytes = 256 * 1024

/** Bytes of one line; a longer one is refused, because no message could carry it and it would stop the lines after it. */
export const maxLineBytes = 384 * 1024
