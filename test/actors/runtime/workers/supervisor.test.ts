/** A supervisor starts its workers, restarts one that ends by itself, drains all at a signal and leaves none running. */
import { afterAll, describe, expect, test } from "bun:test"
import type { ChildProcess } from "node:child_process"
import { restartBackoffMs } from "../../../../actors/runtime/workers/supervisor.ts"
import { denoProgram } from "../../../support/deno.ts"
import { eventually } from "../../../support/eventually.ts"
import { isRunning } from "../../../support/is-running.ts"
import { launch } from "../../../support/spoor.ts"

const runtimes = ["bun", ...(denoProgram() === undefined ? [] : (["deno"] as const))] as const

for (const runtime of runtimes) {
  describe(`workers on ${runtime}`, () => {
    const started: Array<{ readonly child: ChildProcess; readonly pids: () => ReadonlyArray<number> }> = []
    const supervise = (behaviour: string) => {
      const one = launch([behaviour], { LOG_FORMAT: "json" }, runtime, "test/support/supervised.ts")
      const times = (text: string): number => one.output().split(text).length - 1
      const supervised = {
        ...one,
        times,
        /** Waits until the text was printed `often` times. */
        saw: (text: string, often: number) =>
          eventually(`"${text}" is printed ${often} times`, () => times(text) >= often),
        /** Process ids of all workers, or of one, in the order in which they were started. */
        pids: (worker = "worker") =>
          Array.from(one.output().matchAll(/^(worker \d+) starts as (\d+)$/gm)).flatMap(([, who, pid]) =>
            who?.startsWith(worker) === true ? [Number(pid)] : []
          )
      }
      started.push(supervised)
      return supervised
    }
    afterAll(() => {
      for (const { child, pids } of started) {
        child.kill("SIGKILL")
        for (const pid of pids().filter(isRunning)) process.kill(pid, "SIGKILL")
      }
    })

    test("all drain at a signal", async () => {
      const { child, ended, saw, times, pids } = supervise("works")
      await saw("is up", 3)
      child.kill("SIGTERM")
      expect(await ended).toBe(0)
      expect(times("drains")).toBe(3)
      expect(pids().filter(isRunning)).toEqual([])
    })

    test("a signal that reaches the workers too is one signal", async () => {
      const { child, ended, saw, times } = supervise("receives it twice")
      await saw("is up", 3)
      child.kill("SIGINT")
      expect(await ended).toBe(0)
      expect(times("ends with 0")).toBe(4)
    })

    test("the supervisor exits with the highest of the workers' codes", async () => {
      const { child, ended, saw } = supervise("drains badly")
      await saw("is up", 3)
      child.kill("SIGTERM")
      expect(await ended).toBe(3)
    })

    test("a worker that does not drain is killed", async () => {
      const { child, ended, saw, pids } = supervise("hangs")
      await saw("is up", 3)
      child.kill("SIGTERM")
      expect(await ended).toBe(137)
      expect(pids().filter(isRunning)).toEqual([])
    })

    test("a second signal ends all at once", async () => {
      const { child, ended, saw, pids } = supervise("takes its time")
      await saw("is up", 3)
      child.kill("SIGTERM")
      await saw("drains", 3)
      // A signal soon after the first counts as the same signal.
      const again = setInterval(() => child.kill("SIGTERM"), 50)
      expect(await ended).toBe(130)
      clearInterval(again)
      await eventually("no worker is left", () => !pids().some(isRunning))
    })

    test("a worker that cannot start is tried once, and the supervisor exits with its code", async () => {
      const { ended, times } = supervise("cannot start")
      expect(await ended).toBe(78)
      expect(times("It cannot be.")).toBe(1)
    })

    test("a later worker that cannot start ends the others", async () => {
      const { ended, times } = supervise("only one can")
      expect(await ended).toBe(3)
      expect(times("worker 1 ends with 0")).toBe(1)
    })

    test("a worker that ends by itself is restarted with growing pauses, and the others continue", async () => {
      const { child, ended, saw, times, output, pids } = supervise("works")
      await saw("is up", 3)
      for (const ends of [1, 2]) {
        process.kill(pids("worker 2").at(-1) ?? 0, "SIGTERM")
        await saw("worker 2 is up", ends + 1)
      }
      expect(output()).toContain("Worker 2 ended (0) and is restarted in 250 ms.")
      expect(output()).toContain("Worker 2 ended (0) and is restarted in 500 ms.")
      expect(times("worker 1 starts")).toBe(1)
      expect(times("worker 3 starts")).toBe(1)
      child.kill("SIGTERM")
      await ended
    })

    test("a killed worker is restarted", async () => {
      const { child, ended, saw, pids, times } = supervise("works")
      await saw("is up", 3)
      process.kill(pids("worker 1")[0] ?? 0, "SIGKILL")
      await saw("worker 1 is up", 2)
      child.kill("SIGTERM")
      expect(await ended).toBe(0)
      expect(times("drains")).toBe(3)
    })

    test("workers drain when the supervisor is killed", async () => {
      const { child, saw, pids } = supervise("works")
      await saw("is up", 3)
      child.kill("SIGKILL")
      await saw("ends with 0", 3)
      await eventually("no worker is left", () => !pids().some(isRunning))
    })

    test("a worker whose supervisor was killed before it listened ends", async () => {
      const { child, saw, pids } = supervise("is slow")
      await saw("starts as", 1)
      child.kill("SIGKILL")
      await saw("ends with 0", 1)
      await eventually("no worker is left", () => !pids().some(isRunning))
    })
  })
}

test("pauses grow from a quarter of a second to ten", () => {
  expect([1, 2, 3, 4, 5, 6, 7, 100].map(restartBackoffMs)).toEqual([
    250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000
  ])
})
