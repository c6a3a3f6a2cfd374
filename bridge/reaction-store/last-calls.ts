/** How many of the last calls a store keeps of each rule, of each target and of all, and how long, milliseconds. */
export const lastCalls = { ofRule: 50, ofTarget: 50, ofAll: 200, memoryMs: 24 * 3_600_000 } as const
