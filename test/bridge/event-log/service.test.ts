/** The contract of the event log, kept by every implementation: Kafka and the SQLite file. */
import { describe } from "bun:test"
import { kafka } from "../../support/kafka.ts"
import { logsInFile, logsOnKafka, type OpenLogs } from "../../support/logs.ts"
import { serverUrl } from "../../support/server.ts"
import { appending } from "./appending.ts"
import { checkOn } from "./check.ts"
import { reading } from "./reading.ts"
import { looking } from "./scanning.ts"

const suite = (open: OpenLogs): void => {
  appending(checkOn(open))
  reading(checkOn(open))
  looking(checkOn(open))
}

const broker = await serverUrl(kafka)
describe.skipIf(broker === undefined)("event log on Kafka", () => suite(logsOnKafka(broker ?? "")))
describe("event log in a SQLite file", () => suite(logsInFile))
