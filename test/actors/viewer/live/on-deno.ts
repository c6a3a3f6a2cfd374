/** Run by on-deno.test.ts under Deno: a viewer with a socket and a stream client; prints what they received as JSON. */
import { credentials } from "../../../../actors/viewer/auth/credentials.ts"
import { eventually } from "../../../support/eventually.ts"
import { requestTicket, startViewer, stream, ticketOf, watch } from "../watching.ts"

const { url, server, feed, add, end } = await startViewer({ auth: credentials({ token: "t-1" }) })
const authorization = "Bearer t-1"
add("buy type=Desktop&country=DE n=1", "open type=Desktop n=2")

const ticket = await ticketOf(url, { authorization })
const socket = watch(url, ticket, { watch: { type: "=buy" } })
const sse = await stream(url, "?param=n%3D3", { authorization })
await eventually("both watch", () => socket.messages.length > 0 && sse.messages.length > 0)
add("open type=Desktop n=3", "buy type=Desktop n=4")
await eventually("both have one", () => socket.events().length === 2 && sse.events().length === 1)

const again = await watch(url, ticket).opened
const stranger = await requestTicket(url)
const tooLarge = watch(url, await ticketOf(url, { authorization }))
await tooLarge.opened
tooLarge.socket.send("x".repeat(5_000))
const invalid = watch(url, await ticketOf(url, { authorization }))
await invalid.opened
invalid.socket.send("pause")
const codes = [await tooLarge.closed, await invalid.closed]

socket.send({ pause: true })
add("buy type=Desktop n=5")
await eventually("the total", () => socket.messages.at(-1)?.total === 5)
const whilePaused = socket.events().length
socket.send({ resume: true })
await eventually("the rest", () => socket.events().length === 3)
socket.socket.close()
await eventually("the stream alone watches", () => feed.subscribers() === 1)
end()
await sse.ended
await server.stop()

process.stdout.write(
  JSON.stringify({
    socket: socket.events().map(({ raw }) => raw),
    stream: sse.events().map(({ raw }) => raw),
    type: sse.answer.headers.get("content-type"),
    again,
    stranger: stranger.status,
    codes,
    whilePaused,
    watchers: feed.subscribers()
  })
)
process.exit(0)
