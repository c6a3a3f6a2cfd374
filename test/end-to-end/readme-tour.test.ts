/**
 * The tour of the README and the commands of the other README files work as written: the blocks that name this test are
 * typed into a shell, in order, and print the lines below them. Only values of this machine are replaced: ports,
 * addresses, the names of queue and topic.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { readmes, root } from "../../deploy/documents.ts"
import { type Cluster, makeCluster, realServers } from "../support/cluster.ts"
import { diesWithUs } from "../support/dies-with-us.ts"
import { eventually } from "../support/eventually.ts"
import { exampleIn } from "../support/examples.ts"
import { freePort } from "../support/server.ts"
import { type Environment, ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

interface Step {
  readonly command: string
  /** Parts of its output. */
  readonly parts: ReadonlyArray<string>
}

const stepsOf = (text: string): ReadonlyArray<Step> => {
  const steps: Array<{ command: string; parts: Array<string> }> = []
  for (const line of text.split("\n")) {
    if (line.startsWith("#> ")) steps.at(-1)?.parts.push(line.slice("#> ".length))
    else if (line !== "") steps.push({ command: line, parts: [] })
  }
  return steps
}

const marked = /<!-- run by test\/end-to-end\/readme-tour\.test\.ts -->\n```sh\n([\s\S]*?)```/g
const blocks = readmes().flatMap((document) =>
  Array.from(document.text.matchAll(marked), ([, text = ""]) => stepsOf(text))
)

/** The block with this command. */
const blockWith = (part: string): ReadonlyArray<Step> => {
  const found = blocks.filter((steps) => steps.some(({ command }) => command.includes(part)))
  if (found.length !== 1) throw new Error(`${found.length} blocks of the README files have "${part}"`)
  return found[0] ?? []
}

test("the README files have eight blocks of commands for this test", () => {
  expect(blocks).toHaveLength(8)
})

type Replace = (command: string) => string

/** A terminal that runs the typed lines one after the other. `end` ends it and all its processes. */
const terminal = (environment: Environment, replace: Replace) => {
  const path = [dirname(process.execPath), process.env.PATH ?? ""].join(delimiter)
  const shell = diesWithUs(
    spawn("bash", [], {
      cwd: root,
      env: { ...process.env, PATH: path, ...environment },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true
    })
  )
  let output = ""
  for (const stream of [shell.stdout, shell.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString()
    })
  const ended = new Promise<void>((resolve) => shell.once("close", () => resolve()))
  const signal = (name: NodeJS.Signals): void => {
    try {
      if (shell.pid !== undefined) process.kill(-shell.pid, name)
    } catch {
      // All its processes have ended.
    }
  }
  let lines = 0

  /** Types the line, waits until the shell is ready for the next one, and returns the output. */
  const type = async (line: string): Promise<string> => {
    const before = output.length
    const ready = `ready-${lines++}-`
    shell.stdin.write(`${replace(line)}\necho ${ready}\n`)
    await eventually(`"${line}" is done`, () => output.slice(before).includes(`${ready}\n`), 60_000)
    return output.slice(before)
  }

  return {
    type,
    output: () => output,
    /** Types a command that runs until Ctrl-C. */
    typeEndless: (line: string) => void shell.stdin.write(`${replace(line)}\n`),
    signal,
    /** Types each command and repeats it until its output has the expected parts: events take a moment. */
    follow: async (steps: ReadonlyArray<Step>) => {
      for (const { command, parts } of steps) {
        let text = ""
        await eventually(
          `"${command}" prints ${parts.join(", ")}`,
          async () => {
            text = await type(command)
            return parts.every((part) => text.includes(part))
          },
          60_000
        ).catch((cause) => {
          throw new Error(text, { cause })
        })
      }
    },
    end: async () => {
      shell.stdin.end()
      signal("SIGKILL")
      await ended
    }
  }
}

describe("on embedded services", () => {
  let spoor: Spoor
  let settings: Environment
  const opened: Array<ReturnType<typeof terminal>> = []
  const open = () => {
    const one = terminal(settings, (command) =>
      command
        .replaceAll(":5222", `:${spoor.address("send events").port}`)
        .replaceAll(":5031", `:${spoor.address("watch them").port}`)
        .replaceAll(":9464", `:${spoor.address("health").port}`)
    )
    opened.push(one)
    return one
  }

  beforeAll(async () => {
    const own = ownSettings()
    spoor = await startSpoor(["--all"], own)
    settings = { ...own, VIEWER_PORT: spoor.address("watch them").port }
  }, 60_000)
  afterAll(async () => {
    for (const one of opened) await one.end()
    await spoor.end("SIGKILL")
  })

  test("the tour: an event is sent, shown, in the ledger, and counted", async () => {
    await open().follow(blockWith("referrer=website"))
  }, 240_000)

  test("each command of the terminal shows what the tour sends", async () => {
    const [event] = blockWith("referrer=website")
    for (const { command } of blockWith("bun run tap raw")) {
      const watching = open()
      watching.typeEndless(command)
      const other = open()
      await eventually(
        `"${command}" shows app_open: ${watching.output()}`,
        async () => {
          await other.type(event?.command ?? "")
          return watching.output().includes(command.includes("top") ? "gateway" : "app_open")
        },
        60_000,
        200
      )
      watching.signal("SIGINT")
    }
  }, 240_000)

  test("dead letters are discarded with an origin", async () => {
    const [discard] = blockWith("dead-letters/discard")
    expect(await open().type(discard?.command ?? "")).toContain('"done":0')
  }, 60_000)
})

describe("with the rule of the README", () => {
  const opened: Array<ReturnType<typeof terminal>> = []
  const folder = mkdtempSync(join(tmpdir(), "spoor-rules-"))
  afterAll(async () => {
    for (const one of opened) await one.end()
    rmSync(folder, { recursive: true })
  })

  test("a large order calls the service under an id of its own, a small one does not", async () => {
    const [gateway, viewer, service] = [await freePort(), await freePort(), await freePort()]
    const own = ownSettings({ GATEWAY_PORT: `${gateway}`, VIEWER_PORT: `${viewer}` })
    const withPorts = (text: string): string =>
      text
        .replaceAll(":5222", `:${gateway}`)
        .replaceAll(":5031", `:${viewer}`)
        .replaceAll(/(:|listen\()8080/g, `$1${service}`)
        .replace("RULES=rules.yaml", `RULES=${folder}/rules.yaml`)
    const open = () => {
      const one = terminal(own, withPorts)
      opened.push(one)
      return one
    }
    writeFileSync(join(folder, "rules.yaml"), withPorts(exampleIn("README.md", "rules.yaml")))
    const first = open()
    const [start] = blockWith("WEBHOOK_ALLOW")
    first.typeEndless(start?.command ?? "")
    await eventually("npm start runs", () => first.output().includes('"message":"Spoor is running'), 90_000)
    const second = open()
    await second.follow(blockWith("listen(8080"))
    await eventually(`the service says what it got: ${second.output()}`, () =>
      /^POST /m.test(second.output())
    )
    const served = second.output().match(/^POST .*$/gm) ?? []
    for (const line of served) expect(line).toMatch(/^POST \/orders [0-9a-f]+-\d+\.large-orders$/)
    const calls = await (await fetch(`http://127.0.0.1:${viewer}/api/reactions/calls`)).text()
    expect(calls).toContain("book")
    expect(calls).not.toContain("pen")
    first.signal("SIGINT")
  }, 240_000)
})

const servers = await realServers()

describe.skipIf(servers === undefined)("on real servers", () => {
  let cluster: Cluster
  let typist: ReturnType<typeof terminal>
  const starts = (): number => typist.output().split('"message":"Spoor is running').length - 1

  beforeAll(() => {
    cluster = makeCluster(servers ?? {})
    const redis = servers?.REDIS_URL ?? ""
    const brokers = servers?.KAFKA_BROKERS ?? ""
    const unset = { REDIS_URL: "", NATS_URL: "", KAFKA_BROKERS: "" }
    typist = terminal({ ...cluster.settings, ...unset }, (command) =>
      command
        .replace("redis://127.0.0.1:6379", redis)
        .replace("nats://127.0.0.1:4222", servers?.NATS_URL ?? "")
        .replaceAll("127.0.0.1:9092", brokers)
        .replace("redis-cli", `redis-cli -u ${redis}`)
        .replace("click_queue", cluster.queueKey)
        .replace("-t events", `-t ${cluster.topic}`)
    )
  })
  afterAll(async () => {
    await typist.end()
    await cluster.stop()
  })

  test("all in one process, then six actors on one machine, a line that is stored and one that is dead-lettered", async () => {
    const [setUp, start] = blockWith("export REDIS_URL")
    await typist.type(setUp?.command ?? "")
    typist.typeEndless(`${start?.command.replace("#", "& #")}`)
    await eventually("npm start runs", () => starts() === 1, 90_000)
    expect(typist.output()).toMatch(/"queue":"redis .*"bus":"nats .*"log":"kafka /)
    await typist.follow([{ command: "kill $(jobs -p); wait", parts: [] }])

    await typist.follow(blockWith("actor -- gateway &"))
    await eventually("six actors run", () => starts() === 7, 120_000)
    await typist.follow(blockWith("redis-cli"))
    await typist.type("wait")
    const stopped = (): number => typist.output().split("SIGTERM: draining").length - 1
    await eventually("all have drained", () => stopped() === 7, 60_000)
  }, 400_000)
})
