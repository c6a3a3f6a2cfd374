/**
 * A typical simple tracker on Node: Express writes the request as a line, pushes it to Redis without waiting, and responds.
 * Prints its port; lives until it is killed. `REDIS_URL` is the address of Redis.
 */
import { hostname } from "node:os"
import express from "express"
import { Redis } from "ioredis"

const redis = new Redis(process.env.REDIS_URL)
const pod = hostname()
const app = express()
app.use(express.json())

app.all("/{*path}", (request, response) => {
  const url = request.originalUrl
  const mark = url.indexOf("?")
  const path = mark === -1 ? url : url.slice(0, mark)
  const query = mark === -1 ? new URLSearchParams(request.body).toString() : url.slice(mark + 1)
  const address = request.headers["x-forwarded-for"] ?? request.ip
  redis.rpush(
    "click_queue",
    `${address} ${Date.now()} ${request.hostname} ${pod} ${path} ${query || "e"} ${request.headers["user-agent"]}`
  )
  response.json({ status: "ok" })
})

const server = app.listen(0, "127.0.0.1", () => process.stdout.write(`port ${server.address().port}\n`))
