/**
 * Writes the bill of materials of the image (CycloneDX, JSON) to standard output: what npm lists of package-lock.json for
 * production, and the C library. `node sbom.mjs <dpkg's file "status">`. Without npm's random number and time, so that two
 * builds are the same.
 */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"

const [, , status] = process.argv
const options = ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only"]
const bill = JSON.parse(execFileSync("npm", options, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }))

// NOTE: npm's own `--omit dev` leaves out a production package that a development package needs too.
const isForProduction = ({ properties }) =>
  properties?.some(({ name }) => name === "cdx:npm:package:development") !== true
bill.components = bill.components.filter(isForProduction)
const listed = new Set([...bill.components, bill.metadata.component].map((component) => component["bom-ref"]))
bill.dependencies = bill.dependencies
  .filter(({ ref }) => listed.has(ref))
  .map((one) => ({ ...one, dependsOn: one.dependsOn?.filter((ref) => listed.has(ref)) }))
delete bill.serialNumber
delete bill.metadata.timestamp
// npm names it by the folder that it is in.
Object.assign(bill.metadata.component, { name: JSON.parse(readFileSync("package.json", "utf8")).name })
for (const component of [...bill.components, bill.metadata.component]) delete component.properties

/** The version of a package of Debian, and its processor. */
const debianPackage = (name) => {
  const found = readFileSync(status, "utf8")
    .split("\n\n")
    .map((text) => Object.fromEntries(text.split("\n").map((line) => line.split(/:\s*(.*)/, 2))))
    .find((one) => one.Package === name)
  if (found === undefined) throw new Error(`${status} does not list the package ${name}.`)
  const purl = `pkg:deb/debian/${name}@${found.Version}?arch=${found.Architecture}&distro=bookworm`
  return { type: "library", "bom-ref": purl, name, version: found.Version, purl }
}

for (const name of ["libc6", "libgcc-s1"]) bill.components.push(debianPackage(name))
process.stdout.write(`${JSON.stringify(bill)}\n`)
