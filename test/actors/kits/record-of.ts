/** Sends one event through a running Spoor and returns its record as it is stored. */
import { eventually } from "../../support/eventually.ts"
import type { Spoor } from "../../support/spoor.ts"
import { ticketOf, watch } from "../viewer/watching.ts"

/** The record of an event that is sent now to the gateway of this process, as its viewer shows it. */
export const recordOf = async (spoor: Pick<Spoor, "address">, path: string): Promise<string> => {
  const { origin } = spoor.address("watch them")
  const { events, socket } = watch(origin, await ticketOf(origin), { watch: {} })
  const { status } = await fetch(new URL(path, spoor.address("send events")), {
    headers: {
      "x-forwarded-for": "8.8.8.8",
      "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    }
  })
  if (status !== 200) throw new Error(`The gateway answered ${status}.`)
  const query = path.split("?")[1] ?? ""
  const event = await eventually("the event is shown", () => events().find(({ raw }) => raw.includes(query)))
  socket.close()
  return event.raw
}
