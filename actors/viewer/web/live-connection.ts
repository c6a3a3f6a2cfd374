/**
 * The socket of the live list: opened with a ticket, and again when it is lost, until it is closed. Each filter gets
 * a socket of its own, so that nothing of the filter before it can come late.
 */
import { post } from "/page/ask.js"

const longestPause = 10_000

/** Closes it; one that is only being opened is let open first, since browsers warn of what is broken off. */
const leave = (socket) => {
  if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close()
  else socket.close()
}

/**
 * @param {object} told
 * @param {(message: object, isFirst: boolean) => void} told.message a `LiveMessage`; the first of a socket holds what was kept
 * @param {(kind: "connecting" | "open" | "lost", sentence?: string) => void} told.state
 */
export const liveConnection = ({ message, state }) => {
  let filter = {}
  let isPaused = false
  let isWanted = false
  let socket
  let attempts = 0
  let timer
  /** Which attempt is the last: what others still say does not count. */
  let current = 0

  const order = (one) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(one))
  }

  const lost = (sentence) => {
    attempts += 1
    const pause = Math.min(longestPause, 300 * 2 ** attempts)
    state("lost", sentence)
    timer = setTimeout(connect, pause * (0.7 + 0.6 * Math.random()))
  }

  const end = () => {
    current += 1
    clearTimeout(timer)
    if (socket !== undefined) leave(socket)
    socket = undefined
  }

  const connect = async () => {
    end()
    const mine = current
    state("connecting")
    let ticket
    try {
      ticket = (await post("/api/ticket", {})).ticket
    } catch (error) {
      if (mine === current) lost(error.message)
      return
    }
    if (mine === current) watch(mine, ticket)
  }

  const watch = (mine, ticket) => {
    const address = new URL("/live", location.href)
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:"
    address.searchParams.set("ticket", ticket)
    socket = new WebSocket(address)
    let isFirst = true
    socket.onopen = () => {
      if (mine !== current) return
      attempts = 0
      order({ watch: filter })
      if (isPaused) order({ pause: true })
      state("open")
    }
    socket.onmessage = ({ data }) => {
      if (mine !== current) return
      message(JSON.parse(data), isFirst)
      isFirst = false
    }
    socket.onclose = ({ reason }) => {
      if (mine === current) lost(reason || "The connection is lost.")
    }
  }

  const hurry = () => {
    if (isWanted && socket?.readyState !== WebSocket.OPEN && !document.hidden) connect()
  }

  return {
    /** Watches with that filter from now on. */
    watch: (given) => {
      filter = given
      isWanted = true
      addEventListener("online", hurry)
      document.addEventListener("visibilitychange", hurry)
      connect()
    },
    pause: (paused) => {
      isPaused = paused
      order(paused ? { pause: true } : { resume: true })
    },
    close: () => {
      isWanted = false
      removeEventListener("online", hurry)
      document.removeEventListener("visibilitychange", hurry)
      end()
    }
  }
}
