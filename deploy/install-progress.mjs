/**
 * The progress of an install on standard error: packages and megabytes on disk so far. On a terminal one line is updated
 * every second; otherwise a new line is written every five seconds. Lives as long as the install.
 */
import { existsSync, lstatSync, readdirSync } from "node:fs"
import { join } from "node:path"

const entries = (folder) => {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}

/** Disk usage of a folder, MB; a file with several hard links counts once. */
export const megabytes = (folder) => {
  const seen = new Set()
  let blocks = 0
  const add = (path) => {
    for (const entry of entries(path)) {
      const child = join(path, entry.name)
      try {
        const { ino, nlink, size, blocks: own } = lstatSync(child)
        if (nlink === 1 || entry.isDirectory() || !seen.has(ino)) blocks += own ?? Math.ceil(size / 512)
        seen.add(ino)
      } catch {
        // npm moves files while they are counted.
      }
      if (entry.isDirectory()) add(child)
    }
  }
  add(folder)
  return Math.round((blocks * 512) / 1024 / 1024)
}

/** The number of packages in the folder `node_modules`, including scoped ones (`@name/…`), and of those already unpacked. */
const countPackages = (folder) => {
  const visible = (path) =>
    entries(path).filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
  const paths = visible(folder).flatMap(({ name }) => {
    const path = join(folder, name)
    return name.startsWith("@") ? visible(path).map((one) => join(path, one.name)) : [path]
  })
  return {
    all: paths.length,
    unpacked: paths.filter((path) => existsSync(join(path, "package.json"))).length
  }
}

/** Shows the progress until `end` is called with whether the install succeeded. `folder` is `node_modules`. */
export const showProgress = (folder, output = process.stderr) => {
  const began = Date.now()
  const isTerminal = output.isTTY === true
  const soFar = () => {
    const seconds = Math.round((Date.now() - began) / 1000)
    const { all, unpacked } = countPackages(folder)
    return `${unpacked} of ${all} packages, ${megabytes(folder)} MB, ${seconds} s`
  }
  const show = () => output.write(isTerminal ? `\r\u001b[K  ${soFar()} …` : `  ${soFar()} …\n`)
  const timer = setInterval(show, isTerminal ? 1_000 : 5_000)
  return {
    end: (isGood) => {
      clearInterval(timer)
      if (isTerminal) output.write("\r\u001b[K")
      output.write(isGood ? `Installed ${soFar()}.\n` : `The install failed after ${soFar()}.\n`)
    }
  }
}
