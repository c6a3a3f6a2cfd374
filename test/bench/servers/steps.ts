/** The steps of steps.bun.ts: each includes the previous ones. */
export const steps = [
  { name: "nothing", about: "answers 204" },
  { name: "later", about: "answers in a later turn of the event loop, as whoever waits for a queue must" },
  { name: "reads", about: "reads the URL and five headers" },
  { name: "address", about: "asks for the client's address" },
  { name: "body", about: "answers with a body and two headers" },
  {
    name: "queue",
    about: "pushes the lines of a turn to Redis in one command, and answers when that has them"
  }
] as const

export type Step = (typeof steps)[number]["name"]
