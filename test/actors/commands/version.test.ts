/** `--version` of every command prints the version of package.json, and so does the dispatcher of the image. */
import { expect, test } from "bun:test"
import packageJson from "../../../package.json" with { type: "json" }
import { launch } from "../../support/spoor.ts"
import { commandNames } from "./command.ts"

const versionOf = async (
  file: string,
  ...args: ReadonlyArray<string>
): Promise<readonly [number | null, string]> => {
  const { output, ended } = launch([...args, "--version"], {}, "bun", `actors/commands/${file}.ts`)
  const code = await ended
  return [code, output().trim()]
}

test("every command has --version", async () => {
  const commands = await Promise.all(commandNames.map(async (name) => [name, ...(await versionOf(name))]))
  expect(commands).toEqual(commandNames.map((name) => [name, 0, `${name} ${packageJson.version}`]))
}, 60_000)

test("so have the image's spoor and its commands", async () => {
  expect(await versionOf("spoor")).toEqual([0, `spoor ${packageJson.version}`])
  expect(await versionOf("spoor", "ledger")).toEqual([0, `ledger ${packageJson.version}`])
  expect(await versionOf("spoor", "start")).toEqual([0, `actor ${packageJson.version}`])
}, 60_000)
