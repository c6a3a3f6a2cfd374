/**
 * How far an install is: packages and megabytes on the disk so far, on standard error; once a second in place on a
 * terminal, else a line every five seconds. Begins with the install and ends with it.
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

/** Megabytes of a folder as the disk counts them, a file with several names once. */
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

/** The packages in the folder `node_modules`, those in a scope (`@name/…`) too, and how many of them are unpacked. */
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

/** Shows it until `end`, which says whether the install went well. `folder` is `node_modules`. */
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
