/** Limits of keyed actors: what one commit may hold, and the sizes of what functions return. */

/** Size limit of the state of a key, as JSON, bytes. */
export const maxStateBytes = 64 * 1024

/** Size limit of the parameters of an emitted record, characters. */
export const maxEmissionChars = 64 * 1024

/** Timers loaded for one commit. More follow in the next one. */
export const maxTimersLoaded = 1_000

/** A commit ends after this many timers fired, records emitted, or bytes of new state and emitted records. */
export const maxTimersFired = 10_000
export const maxOutputs = 2_000
export const maxChangedBytes = 4 * 1024 * 1024

/** While more outputs of a partition wait for their append, its records wait too. */
export const maxWaitingOutputs = 10_000
